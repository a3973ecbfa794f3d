import RecurrentCommands

runTool()
