// swift-tools-version: 6.2
import PackageDescription

// A package of its own, as a user's would be: it sees the library's public API and nothing else.
//
//   swift run --package-path Examples hello
//   swift run --package-path Examples pronounce checkpoint20.npz recurrent

let package = Package(
  name: "recurrent-examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-recurrent", path: "..")],
  targets: [
    .executableTarget(
      name: "hello", dependencies: [.product(name: "Recurrent", package: "swift-recurrent")]),
    .executableTarget(
      name: "pronounce", dependencies: [.product(name: "Recurrent", package: "swift-recurrent")]),
  ]
)
