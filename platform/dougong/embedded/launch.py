"""Become another user, keep one capability, die with the parent, then turn into the given program.

Run as a file by `dougong.embedded.process` with nothing but the standard library:
`python -I -S launch.py UID CAPABILITY PARENT SIGNAL program arguments...` where UID -1 keeps the user, CAPABILITY -1
keeps none, PARENT 0 lets the program outlive its parent. It replaces itself, so the program has this process' id.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 4  # without it access(2), which initdb asks, ignores the capabilities of a plain user
CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Data(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        sys.exit(f"launch: {what}: {os.strerror(error)}")


def become(libc: ctypes.CDLL, uid: int, capability: int) -> None:
    """Change to user and group `uid`; keep `capability` (as ambient, so that it survives exec) unless it is -1."""
    if capability >= 0 and libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0:
        _check(libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities")
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
    if capability >= 0:
        data = (_Data * 2)()
        bit = 1 << (capability % 32)
        data[capability // 32] = _Data(bit, bit, bit)
        _check(libc.capset(ctypes.byref(_Header(CAPABILITY_VERSION_3, 0)), data), "set capabilities")
        _check(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0), "raise an ambient capability")


def die_with_parent(parent: int, signal: int) -> None:
    """Get `signal` when the parent (the process `parent`) dies in any way. Linux only; elsewhere nothing happens."""
    if sys.platform != "linux":
        return
    _check(ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0), "die with the parent")
    if os.getppid() != parent:
        sys.exit("launch: the parent has gone")


def main(arguments: list[str]) -> None:
    """Prepare this process and replace it. Exits with a sentence where that is not allowed."""
    uid, capability, parent, signal = (int(text) for text in arguments[:4])
    program = arguments[4:]
    if uid >= 0:
        become(ctypes.CDLL(None, use_errno=True), uid, capability)
    if parent:  # a change of user clears it, so it comes last
        die_with_parent(parent, signal)
    os.execv(program[0], program)  # noqa: S606 - our own program, from our own wheel


if __name__ == "__main__":
    main(sys.argv[1:])
