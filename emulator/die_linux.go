package emulator

import (
	"os/exec"
	"syscall"
)

// dieWithParent ends the server when the process that started it ends, however it does.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
