#!/usr/bin/python3
"""Makes the seccomp programs of src/sandbox/seccomp: for each kernel's architecture that container engines know, two.

usage: scripts/make-seccomp.py DIRECTORY

`MACHINE.listed.bpf` is the default list of podman and its kin (seccomp.json of Debian's golang-github-containers-common)
for a container with the capabilities of a stage; `MACHINE.refused.bpf` is what is refused on top of it, with the reasons
below. libseccomp (python3-seccomp) writes both. `MACHINE.calls` has the numbers of the calls that confine.pl and users.pl make,
`made-of` the list's digest and libseccomp's version.
"""

import ctypes
import hashlib
import json
import os
import struct
import sys

import seccomp
from seccomp import ALLOW, EQ, ERRNO, MASKED_EQ, NE, Arch, Arg, Attr, SyscallFilter

LIST = "/usr/share/containers/seccomp.json"

# HOSTTYPE of bash: libseccomp's name, those of other programs that such a kernel runs, and the name of the list.
# x32 is left out: no seed has it, and it is one more way to each call.
MACHINES = {
    "x86_64": ("x86_64", ("x86",), "amd64"),
    "aarch64": ("aarch64", ("arm",), "arm64"),
    "riscv64": ("riscv64", (), "riscv64"),
    "powerpc64le": ("ppc64le", (), "ppc64le"),
    "s390x": ("s390x", ("s390",), "s390x"),
}

# Of the list's capabilities, those that enter.sh keeps for a stage (KEPT there); a test compares them.
CAPABILITIES = {"CAP_SYS_CHROOT"}

BIG_ENDIAN = {"s390x"}

EPERM, ENOSYS = 1, 38
# linux/seccomp.h and linux/filter.h: SECCOMP_RET_ALLOW, the upper half of SECCOMP_RET_ERRNO, BPF_RET.
ALLOWED, REFUSED_BY_ERRNO, BPF_RETURN = 0x7FFF0000, 0x0005, 0x06
WORD = 0xFFFFFFFF
OPERATIONS = {
    "SCMP_CMP_NE": NE,
    "SCMP_CMP_EQ": EQ,
    "SCMP_CMP_MASKED_EQ": MASKED_EQ,
    "SCMP_CMP_LT": seccomp.LT,
    "SCMP_CMP_LE": seccomp.LE,
    "SCMP_CMP_GE": seccomp.GE,
    "SCMP_CMP_GT": seccomp.GT,
}

# Calls by which a process gets what no build needs. Mounts, bpf and the like are refused by missing capabilities, too: here
# so that no mistake of the kernel behind such a call is within reach.
REFUSED = [
    # Keyrings have no namespace: those of the host's root would be the stage's.
    *("add_key", "keyctl", "request_key"),
    # Mounts, by the old calls and the new.
    *("mount", "umount", "umount2", "pivot_root", "fsopen", "fsconfig", "fsmount", "fspick", "open_tree"),
    *("move_mount", "mount_setattr", "setns"),
    *("bpf", "perf_event_open", "userfaultfd", "fanotify_init", "open_by_handle_at", "lookup_dcookie"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("quotactl", "quotactl_fd", "swapon", "swapoff", "reboot", "acct", "syslog", "vhangup", "kcmp", "pidfd_getfd"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"),
    *("settimeofday", "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex", "stime"),
    *("iopl", "ioperm", "sethostname", "setdomainname", "vmsplice", "memfd_secret"),
]

# Flags by which clone(2) and unshare(2) make namespaces: a user namespace would give all capabilities inside it.
NAMESPACES = {
    **{"CLONE_NEWNS": 0x00020000, "CLONE_NEWCGROUP": 0x02000000, "CLONE_NEWUTS": 0x04000000},
    **{"CLONE_NEWIPC": 0x08000000, "CLONE_NEWUSER": 0x10000000, "CLONE_NEWPID": 0x20000000},
    "CLONE_NEWNET": 0x40000000,
}
CLONE_NEWTIME = 0x00000080  # of unshare alone: clone has the signal there

# Input for a terminal that somebody else reads (TIOCSTI, TIOCLINUX), and line disciplines, which load modules (TIOCSETD).
# Only the low word counts for the kernel, and so it does here (CVE-2019-10063).
TERMINAL_REQUESTS = (0x5412, 0x541C, 0x5423)

# F_SETLEASE of fcntl(2): whoever opens the file is held up until it is given back, also one of the host's that is bound here.
LEASE = 1024

# AF_UNIX, AF_INET, AF_INET6, AF_NETLINK; each of the others is code that the kernel loads for whoever asks (AF_VSOCK: the host
# of a virtual machine; AF_ALG; AF_PACKET).
FAMILIES = {1, 2, 10, 16}
ALL_FAMILIES = 64  # more than AF_MAX; above, the kernel refuses itself

# ADDR_NO_RANDOMIZE, beside what the list allows: debuggers, and programs that dump themselves when they are built.
PERSONALITIES = (0x0040000, 0x0040008)


def new_filter(default, machine):
    """A filter for the programs of `machine`; programs of others find no call."""
    native, others, _ = MACHINES[machine]
    made = SyscallFilter(default)
    made.set_attr(Attr.ACT_BADARCH, ERRNO(ENOSYS))
    if not made.exist_arch(Arch(native)):
        made.remove_arch(Arch())
        made.add_arch(Arch(native))
    for other in others:
        made.add_arch(Arch(other))
    return made


def add(made, action, name, *args):
    """Adds a rule; not for a call that libseccomp does not know, nor one that has the default action anyhow."""
    try:
        made.add_rule(action, name, *args)
    except (RuntimeError, ValueError, OSError):
        # Unknown to this libseccomp, so refused as all that is not in the list.
        if seccomp.resolve_syscall(Arch(), name) > 0:
            raise


def listed(machine):
    """The engines' list."""
    with open(LIST, encoding="utf-8") as file:
        rules = json.load(file)
    made = new_filter(ERRNO(rules["defaultErrnoRet"]), machine)
    arch = MACHINES[machine][2]
    for rule in rules["syscalls"]:
        includes, excludes = rule.get("includes") or {}, rule.get("excludes") or {}
        if arch not in includes.get("arches", [arch]) or not CAPABILITIES.issuperset(includes.get("caps", [])):
            continue
        if arch in excludes.get("arches", []) or CAPABILITIES.intersection(excludes.get("caps", [])):
            continue
        action = ALLOW if rule["action"] == "SCMP_ACT_ALLOW" else ERRNO(rule["errnoRet"])
        for name in rule["names"]:
            add(made, action, name, *map(argument, rule.get("args") or []))
    for personality in PERSONALITIES:
        made.add_rule(ALLOW, "personality", Arg(0, EQ, personality))
    return made


def argument(entry):
    """A condition of the list."""
    operation = OPERATIONS[entry["op"]]
    if operation == MASKED_EQ:
        return Arg(entry["index"], operation, entry["value"], entry["valueTwo"])
    return Arg(entry["index"], operation, entry["value"])


def refused(machine):
    """What is refused on top of the list."""
    made = new_filter(ALLOW, machine)
    for name in REFUSED:
        add(made, ERRNO(EPERM), name)
    # Its flags are behind a pointer; without it, C libraries take clone.
    add(made, ERRNO(ENOSYS), "clone3")
    # Sockets behind a pointer: only 32-bit programs of x86 have that as the old way.
    add(made, ERRNO(ENOSYS), "socketcall")
    # Contexts of asynchronous input and output are counted for the whole machine (fs.aio-max-nr); programs do without.
    add(made, ERRNO(ENOSYS), "io_setup")
    flags_of_clone = 1 if machine == "s390x" else 0
    for flag in NAMESPACES.values():
        add(made, ERRNO(EPERM), "clone", Arg(flags_of_clone, MASKED_EQ, flag, flag))
    for flag in (*NAMESPACES.values(), CLONE_NEWTIME):
        add(made, ERRNO(EPERM), "unshare", Arg(0, MASKED_EQ, flag, flag))
    for request in TERMINAL_REQUESTS:
        add(made, ERRNO(EPERM), "ioctl", Arg(1, MASKED_EQ, WORD, request))
    for name in ("fcntl", "fcntl64"):
        add(made, ERRNO(EPERM), name, Arg(1, MASKED_EQ, WORD, LEASE))
    for family in set(range(ALL_FAMILIES)) - FAMILIES:
        for name in ("socket", "socketpair"):
            add(made, ERRNO(EPERM), name, Arg(0, MASKED_EQ, WORD, family))
    return made


def put_in_order(path, order):
    """libseccomp 2.5 leaves some verdicts of a machine with the other order of bytes in that of this machine: the kernel would take
    "allowed" for "killed". Verdicts are known words, so which these are can be seen."""
    instruction = struct.Struct(order + "HBBI")
    with open(path, "rb") as file:
        program = file.read()
    fixed = b""
    for code, true, false, value in instruction.iter_unpack(program):
        if code == BPF_RETURN and value != ALLOWED and value >> 16 != REFUSED_BY_ERRNO:
            value = int.from_bytes(value.to_bytes(4, "big"), "little")
        fixed += instruction.pack(code, true, false, value)
    with open(path, "wb") as file:
        file.write(fixed)


def made_of():
    """What the programs follow from, beside this script."""
    library = ctypes.CDLL("libseccomp.so.2")
    library.seccomp_version.restype = ctypes.POINTER(ctypes.c_uint * 3)
    version = ".".join(map(str, library.seccomp_version().contents))
    with open(LIST, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    return f"{os.path.basename(LIST)} {digest}\nlibseccomp {version}\n"


def main():
    """Writes the files."""
    directory = sys.argv[1]
    for machine, (native, _, _) in MACHINES.items():
        for name, made in (("listed", listed(machine)), ("refused", refused(machine))):
            path = os.path.join(directory, f"{machine}.{name}.bpf")
            with open(path, "wb") as file:
                made.export_bpf(file)
            put_in_order(path, ">" if machine in BIG_ENDIAN else "<")
        numbers = [seccomp.resolve_syscall(Arch(native), name) for name in ("prctl", "keyctl", "unshare", "setns")]
        with open(os.path.join(directory, f"{machine}.calls"), "w", encoding="ascii") as file:
            file.write(" ".join(map(str, numbers)) + "\n")
    with open(os.path.join(directory, "made-of"), "w", encoding="ascii") as file:
        file.write(made_of())


main()
