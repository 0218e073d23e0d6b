#!/usr/bin/env bash
# Runs a command in a network of its own where an ssh server answers at 127.0.0.1, for root with a key that only the
# command sees. Meant to be run by `unshare --mount --net`: nothing of it is seen, or stays, on the host.
set -Eeuo pipefail

folder=$1
shift

# Loopback of a new network is down, and a minimal system has no program to raise it.
python3 - <<'END'
import fcntl, socket, struct
up = 0x1 | 0x8 | 0x40
fcntl.ioctl(socket.socket(), 0x8914, struct.pack("16sh22x", b"lo", up))
END

made=
[[ -d /root/.ssh ]] || { mkdir /root/.ssh && made=yes; }
mount -t tmpfs tmpfs /root/.ssh
ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519
cp /root/.ssh/id_ed25519.pub /root/.ssh/authorized_keys
chmod 700 /root/.ssh
rm -f "$folder/host-key"
dropbearkey -t ed25519 -f "$folder/host-key" >/dev/null 2>&1
printf '127.0.0.1 %s\n' "$(dropbearkey -y -f "$folder/host-key" | grep '^ssh-ed25519')" >/root/.ssh/known_hosts

dropbear -F -E -s -p 22 -r "$folder/host-key" 2>"$folder/dropbear.log" &
server=$!
# Usage: finish   the server ends, and root's home is as before
finish() {
	kill "$server"
	umount /root/.ssh
	[[ -z $made ]] || rmdir /root/.ssh
}
trap finish EXIT
for ((attempt = 0; attempt < 100; attempt++)); do
	if (exec 3<>/dev/tcp/127.0.0.1/22) 2>/dev/null; then break; fi
	sleep 0.1
done
"$@"
