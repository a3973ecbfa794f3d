// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "recurrent-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "swift-recurrent", path: "..")],
  targets: [
    .target(name: "ProcessMemory"),
    .executableTarget(
      name: "activation-sweep", dependencies: [.product(name: "Recurrent", package: "swift-recurrent")]),
    .executableTarget(
      name: "load-file",
      dependencies: ["ProcessMemory", .product(name: "Recurrent", package: "swift-recurrent")]),
    .executableTarget(
      name: "long-sequence",
      dependencies: ["ProcessMemory", .product(name: "Recurrent", package: "swift-recurrent")]),
    .executableTarget(
      name: "stream-steps", dependencies: [.product(name: "Recurrent", package: "swift-recurrent")]),
  ]
)
