// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "recurrent-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-recurrent", path: "..")],
  targets: [
    .executableTarget(
      name: "activation-sweep", dependencies: [.product(name: "Recurrent", package: "swift-recurrent")]),
    .executableTarget(
      name: "load-file", dependencies: [.product(name: "Recurrent", package: "swift-recurrent")]),
    .executableTarget(
      name: "long-sequence", dependencies: [.product(name: "Recurrent", package: "swift-recurrent")]),
    .executableTarget(
      name: "stream-steps", dependencies: [.product(name: "Recurrent", package: "swift-recurrent")]),
  ]
)
