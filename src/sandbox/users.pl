# Becomes a program that has a user namespace open, in which ids mean what they mean here; started by enter.sh. Owns how that is made:
# not by a process in a chroot, and the last steps into a sandbox are in one (clone(2), EPERM). confine.pl enters it: whoever is in it
# has no capability towards the kernel or any other process of the machine, and what the kernel counts for a user is counted there, too.
#
# Usage: perl users.pl PREFIX -- PROGRAM ARGUMENT... ; PREFIX.calls has the number of unshare(2) (scripts/make-seccomp.py). PROGRAM gets the
# descriptor's number as SANDBOX_USERS: none where the kernel makes no such namespace, or a container's own list refuses it.
use strict;
use warnings;

use constant {
    NEW_USER => 0x10000000,    # CLONE_NEWUSER
    PART     => 4,             # of what root may have of inotify: builds beside each other, and the host, are to have some
};
use constant COUNTED => '/proc/sys/user';

my $prefix = shift;
shift;
$^F = 254;                     # it is passed on; 255 is the shell's own
delete $ENV{SANDBOX_USERS};
my $users = make_users();
$ENV{SANDBOX_USERS} = fileno $users if $users;
exec { $ARGV[0] } @ARGV or die "$ARGV[0] cannot be started: $!\n";

sub content {
    my ($name) = @_;
    open my $file, '<', $name or return '';
    local $/;
    return <$file>;
}

sub put {
    my ($name, $text) = @_;
    open my $file, '>', $name or return 0;
    return print({$file} $text) && close $file;
}

# Each id that is known here, as itself.
sub same_ids {
    my ($map) = @_;
    return join '', map { my ($id, undef, $count) = split; "$id $id $count\n" } split /\n/, content("/proc/self/$map");
}

# A descriptor of the namespace. A child makes it, as root of it bounds what is counted there, and ends.
sub make_users {
    my (undef, undef, $unshare) = split ' ', content("$prefix.calls");
    my %bounds = map { $_ => 0 } glob COUNTED . '/max_*_namespaces';
    for (glob COUNTED . '/max_inotify_*') { $bounds{$_} = int(content($_) / PART) }
    pipe my $told,  my $tell  or return;
    pipe my $until, my $ready or return;
    my $child = fork // return;
    if (!$child) {
        close $ready;
        if (syscall($unshare + 0, NEW_USER) == 0) {
            syswrite $tell, readlink('/proc/self') . "\n";
            if (<$until>) { put($_, $bounds{$_}) for keys %bounds }
        }
        exit;
    }
    close $tell;
    my $users;
    my $process = <$told>;
    if ($process) {
        chomp $process;
        my $is_mapped = put("/proc/$process/uid_map", same_ids('uid_map')) && put("/proc/$process/gid_map", same_ids('gid_map'));
        open $users, '<', "/proc/$process/ns/user" or undef $users if $is_mapped;
    }
    syswrite $ready, "\n" if $users;
    close $ready;
    waitpid $child, 0;
    return $users;
}
