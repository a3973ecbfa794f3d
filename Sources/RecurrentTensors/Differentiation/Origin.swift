/// How a watched tensor came about.
final class Origin {}
