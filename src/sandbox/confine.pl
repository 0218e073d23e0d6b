# Becomes a program that keeps to seccomp programs, with a session keyring of its own; started by enter.sh. Owns how they are
# loaded: util-linux can do that since 2.41 only (setpriv --seccomp-filter), and Perl is in every Debian and Gentoo.
#
# Usage: perl confine.pl PREFIX NAME... -- PROGRAM ARGUMENT... ; loads PREFIX.NAME.bpf, what refuses most last.
# PREFIX.calls has the numbers of prctl(2), keyctl(2), unshare(2) and setns(2) on this machine (scripts/make-seccomp.py).
# SANDBOX_USERS is the descriptor of a user namespace to enter before, if there is one (users.pl).
use strict;
use warnings;

use constant {
    PR_SET_NO_NEW_PRIVS => 38,
    PR_SET_SECCOMP      => 22,
    SECCOMP_MODE_FILTER => 2,
    NEW_USER            => 0x10000000,    # CLONE_NEWUSER
    JOIN_SESSION        => 1,    # KEYCTL_JOIN_SESSION_KEYRING
    INSTRUCTION         => 8,    # bytes of a struct sock_filter
};

my $mark = defined $ENV{SANDBOX_MARK} ? " $ENV{SANDBOX_MARK}" : '';

sub refuse { print STDERR "sandbox$mark: SDK_HOST: $_[0]\n"; exit 125 }

sub content {
    my ($name) = @_;
    open my $file, '<:raw', $name or refuse("$name cannot be read: $!");
    local $/;
    return <$file>;
}

my $prefix = shift;
my @names;
while (($_ = shift) ne '--') { push @names, $_ }
my ($prctl, $keyctl, undef, $setns) = split ' ', content("$prefix.calls");

if (my $users = delete $ENV{SANDBOX_USERS}) {
    syscall($setns + 0, $users + 0, NEW_USER) == 0 or refuse("the user namespace cannot be entered: $!");
    open my $entered, '<&=', $users or refuse("the user namespace cannot be closed: $!");
    close $entered;
}

# A new session keyring, without the keys of the host's root. What may not do that cannot reach keys either: a container's own
# seccomp list refuses all of keyctl(2), or none.
syscall($keyctl + 0, JOIN_SESSION, 0);

syscall($prctl + 0, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 or refuse("no_new_privs cannot be set: $!") if @names;
for (@names) {
    my $filter  = content("$prefix.$_.bpf");
    # struct sock_fprog: a short, and a pointer where it is aligned.
    my $program = pack 'S x![P] P', length($filter) / INSTRUCTION, $filter;
    syscall($prctl + 0, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, $program) == 0
        or refuse("the seccomp program $prefix.$_.bpf cannot be loaded (a kernel without CONFIG_SECCOMP_FILTER?): $!");
}
exec { $ARGV[0] } @ARGV or refuse("$ARGV[0] cannot be started: $!");
