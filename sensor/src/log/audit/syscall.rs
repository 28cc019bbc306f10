//! A pure table: the numbers of the system calls that rules name, on x86_64 and aarch64 (the kernel's
//! arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h).

/// Name, number on x86_64, number on aarch64, which has no call that a newer one does.
const CALLS: &[(&str, Option<u32>, Option<u32>)] = &[
    ("open", Some(2), None),
    ("mmap", Some(9), Some(222)),
    ("mprotect", Some(10), Some(226)),
    ("ioctl", Some(16), Some(29)),
    ("socket", Some(41), Some(198)),
    ("connect", Some(42), Some(203)),
    ("accept", Some(43), Some(202)),
    ("sendto", Some(44), Some(206)),
    ("bind", Some(49), Some(200)),
    ("listen", Some(50), Some(201)),
    ("clone", Some(56), Some(220)),
    ("execve", Some(59), Some(221)),
    ("kill", Some(62), Some(129)),
    ("rename", Some(82), None),
    ("unlink", Some(87), None),
    ("chmod", Some(90), None),
    ("fchmod", Some(91), Some(52)),
    ("chown", Some(92), None),
    ("fchown", Some(93), Some(55)),
    ("sysinfo", Some(99), Some(179)),
    ("ptrace", Some(101), Some(117)),
    ("syslog", Some(103), Some(116)),
    ("setuid", Some(105), Some(146)),
    ("setgid", Some(106), Some(144)),
    ("mknod", Some(133), None),
    ("personality", Some(135), Some(92)),
    ("mount", Some(165), Some(40)),
    ("sethostname", Some(170), Some(161)),
    ("init_module", Some(175), Some(105)),
    ("delete_module", Some(176), Some(106)),
    ("setxattr", Some(188), Some(5)),
    ("clock_settime", Some(227), Some(112)),
    ("openat", Some(257), Some(56)),
    ("mknodat", Some(259), Some(33)),
    ("unlinkat", Some(263), Some(35)),
    ("renameat", Some(264), Some(38)),
    ("fchmodat", Some(268), Some(53)),
    ("process_vm_readv", Some(310), Some(270)),
    ("finit_module", Some(313), Some(273)),
    ("renameat2", Some(316), Some(276)),
    ("memfd_create", Some(319), Some(279)),
    ("bpf", Some(321), Some(280)),
    ("execveat", Some(322), Some(281)),
];

/// The name of a call by the machine's `arch` and the call's number.
pub(super) fn name(arch: &str, number: u32) -> Option<&'static str> {
    let held = |row: &&(&str, Option<u32>, Option<u32>)| match arch {
        "c000003e" => row.1 == Some(number),
        "c00000b7" => row.2 == Some(number),
        _ => false,
    };
    CALLS.iter().find(held).map(|row| row.0)
}
