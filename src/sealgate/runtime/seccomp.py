"""The filter on a function's system calls (seccomp(2)): a classic BPF program.

It refuses what a function has no use for and what would give it more than it shall have: other namespaces (a new user
namespace would hold every capability), mounts, keyrings, kernel modules, tracing of the kernel. All else is allowed.
Numbers: arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h.
"""

from __future__ import annotations

import errno
import platform
import struct
from collections.abc import Mapping
from types import MappingProxyType

_NEW = {
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "mount_setattr": 442,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
}
"""The same number everywhere."""
_REFUSED: Mapping[str, Mapping[str, int]] = MappingProxyType({
    "x86_64": _NEW
    | {
        "acct": 163, "add_key": 248, "bpf": 321, "chroot": 161, "clock_adjtime": 305, "clock_settime": 227,
        "delete_module": 176, "fanotify_init": 300, "finit_module": 313, "init_module": 175, "ioperm": 173, "iopl": 172,
        "kexec_file_load": 320, "kexec_load": 246, "keyctl": 250, "lookup_dcookie": 212, "mount": 165,
        "open_by_handle_at": 304, "perf_event_open": 298, "pivot_root": 155, "quotactl": 179, "reboot": 169,
        "request_key": 249, "setns": 308, "settimeofday": 164, "swapoff": 168, "swapon": 167, "syslog": 103,
        "umount2": 166, "unshare": 272, "userfaultfd": 323, "vhangup": 153,
    },
    "aarch64": _NEW
    | {
        "acct": 89, "add_key": 217, "bpf": 280, "chroot": 51, "clock_adjtime": 266, "clock_settime": 112,
        "delete_module": 106, "fanotify_init": 262, "finit_module": 273, "init_module": 105, "kexec_file_load": 294,
        "kexec_load": 104, "keyctl": 219, "lookup_dcookie": 18, "mount": 40, "open_by_handle_at": 265,
        "perf_event_open": 241, "pivot_root": 41, "quotactl": 60, "reboot": 142, "request_key": 218, "setns": 268,
        "settimeofday": 170, "swapoff": 225, "swapon": 224, "syslog": 116, "umount2": 39, "unshare": 97,
        "userfaultfd": 282, "vhangup": 58,
    },
})  # fmt: skip
_ARCHITECTURE = MappingProxyType({"x86_64": 0xC000003E, "aarch64": 0xC00000B7})
"""AUDIT_ARCH_* of include/uapi/linux/audit.h."""
_CLONE = MappingProxyType({"x86_64": 56, "aarch64": 220})
_SOCKET = MappingProxyType({"x86_64": 41, "aarch64": 198})
_CLONE3 = 435
_NEW_NAMESPACES = 0x7E020080
"""CLONE_NEW{NS,CGROUP,UTS,IPC,USER,PID,NET,TIME} of include/uapi/linux/sched.h."""
_FAMILIES = (1, 2, 10, 16)
"""AF_UNIX, AF_INET, AF_INET6, AF_NETLINK of include/linux/socket.h."""
_FOREIGN_CALLS = 0x40000000
"""The x32 ABI's bit: other numbers for the same calls."""

_LOAD, _EQUAL, _SET, _GREATER_OR_EQUAL, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW, _KILL, _FAIL = 0x7FFF0000, 0x80000000, 0x00050000


def is_known_machine() -> bool:
    """Tell whether there is a filter for this host's processor."""
    return platform.machine() in _ARCHITECTURE


def encode_filter(machine: str) -> bytes:
    """Encode the filter, as `bwrap --seccomp` takes it.

    Args:
        machine: What `uname -m` says.
    """
    refused = sorted(_REFUSED[machine].values())
    program = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_EQUAL, 1, 0, _ARCHITECTURE[machine]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_GREATER_OR_EQUAL, 0, 1, _FOREIGN_CALLS),
        (_RETURN, 0, 0, _FAIL | errno.ENOSYS),
        # clone3 has its flags in memory, where no filter can look; the C library then takes clone.
        (_EQUAL, 0, 1, _CLONE3),
        (_RETURN, 0, 0, _FAIL | errno.ENOSYS),
        *((_EQUAL, len(refused) - index + len(_FAMILIES) + 7, 0, number) for index, number in enumerate(refused)),
        (_EQUAL, 0, 3, _CLONE[machine]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_SET, len(_FAMILIES) + 5, 0, _NEW_NAMESPACES),
        (_RETURN, 0, 0, _ALLOW),
        (_EQUAL, 0, len(_FAMILIES) + 2, _SOCKET[machine]),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        *((_EQUAL, len(_FAMILIES) - index, 0, family) for index, family in enumerate(_FAMILIES)),
        (_RETURN, 0, 0, _FAIL | errno.EAFNOSUPPORT),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _FAIL | errno.EPERM),
    ]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)
