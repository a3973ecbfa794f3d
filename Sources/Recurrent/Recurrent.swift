@_exported public import RecurrentInterchange
@_exported public import RecurrentKernels
@_exported public import RecurrentLayers
@_exported public import RecurrentTensors
@_exported public import RecurrentTraining
