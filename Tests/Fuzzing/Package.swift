// swift-tools-version: 6.2
import PackageDescription

// A package of its own: a fuzzer is built with a sanitizer that nothing else is built with. `run` builds and runs it.
let package = Package(
  name: "fuzzing",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-recurrent", path: "../..")],
  targets: [
    .target(name: "MemoryBudget"),
    .executableTarget(
      name: "fuzz",
      dependencies: ["MemoryBudget", .product(name: "Recurrent", package: "swift-recurrent")]),
  ]
)
