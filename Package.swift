// swift-tools-version: 6.2
import PackageDescription

// Arrows point from a target to what it imports, always downwards in this list:
//
//   CRecurrentKernels <- RecurrentKernels <- RecurrentTensors <- RecurrentLayers <-+- RecurrentTraining    <-+- RecurrentCommands <- rnn
//                                                                                  +- RecurrentInterchange <-+

// Warnings are errors where RECURRENT_STRICT is set, as in .ci/run: a newer compiler's new warning must not keep
// anybody from building.
let isStrict = Context.environment["RECURRENT_STRICT"] != nil

let strict: [SwiftSetting] =
  [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ] + (isStrict ? [.treatAllWarnings(as: .error)] : [])

let strictC: [CSetting] = isStrict ? [.enableWarning("all"), .treatAllWarnings(as: .error)] : []

// Who imports the umbrella names what stands under it too: SwiftPM compiles a target again only if a module that it
// names has changed, and the umbrella's own file seldom does.
let library: [Target.Dependency] = [
  "Recurrent", "RecurrentKernels", "RecurrentTensors", "RecurrentLayers", "RecurrentTraining",
  "RecurrentInterchange",
]

let package = Package(
  name: "swift-recurrent",
  platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
  products: [
    .library(name: "Recurrent", targets: ["Recurrent"]),
    .executable(name: "rnn", targets: ["rnn"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    // Without its traits: one reads streams, by all of Foundation, which doubles the time that the tool takes to start.
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0", traits: []),
  ],
  targets: [
    // MARK: - Kernels
    .target(name: "CRecurrentKernels", cSettings: strictC),
    .target(name: "RecurrentKernels", dependencies: ["CRecurrentKernels"], swiftSettings: strict),

    // MARK: - Core
    .target(name: "RecurrentTensors", dependencies: ["RecurrentKernels"], swiftSettings: strict),
    .target(
      name: "RecurrentLayers", dependencies: ["RecurrentKernels", "RecurrentTensors"],
      swiftSettings: strict),
    .target(
      name: "RecurrentTraining",
      dependencies: ["RecurrentKernels", "RecurrentTensors", "RecurrentLayers"],
      swiftSettings: strict),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib",
      providers: [.apt(["zlib1g-dev"]), .yum(["zlib-devel"]), .brew(["zlib"])]),
    .target(
      name: "RecurrentInterchange",
      dependencies: [
        "CZlib", "RecurrentKernels", "RecurrentTensors", "RecurrentLayers",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["Formats/Onnx/onnx.proto"], swiftSettings: strict),
    .target(
      name: "Recurrent",
      dependencies: [
        "RecurrentKernels", "RecurrentTensors", "RecurrentLayers", "RecurrentTraining",
        "RecurrentInterchange",
      ],
      swiftSettings: strict),

    // MARK: - Tools
    .target(
      name: "RecurrentCommands",
      dependencies: library + [.product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: strict),
    .executableTarget(name: "rnn", dependencies: ["RecurrentCommands"], swiftSettings: strict),

    // MARK: - Tests
    .target(
      name: "RecurrentTestSupport", dependencies: library,
      path: "Tests/RecurrentTestSupport", swiftSettings: strict),
    .testTarget(
      name: "RecurrentKernelsTests",
      dependencies: library + ["RecurrentTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "RecurrentTensorsTests", dependencies: library + ["RecurrentTestSupport"],
      swiftSettings: strict),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter", cSettings: strictC),
    .testTarget(
      name: "RecurrentLayersTests", dependencies: library + ["AllocationCounter", "RecurrentTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "RecurrentTrainingTests", dependencies: library + ["RecurrentTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "RecurrentInterchangeTests", dependencies: library + ["RecurrentTestSupport"],
      swiftSettings: strict),
    .testTarget(
      name: "RecurrentTests", dependencies: library + ["RecurrentTestSupport"], swiftSettings: strict),
    .testTarget(
      name: "RecurrentCommandsTests",
      dependencies: library + ["RecurrentCommands", "RecurrentTestSupport", "rnn"],
      swiftSettings: strict),
  ],
  cLanguageStandard: .c11
)
