#!/usr/bin/env bash
# Runs a command that knows, as root, an ssh server of Debian's openssh-server on loopback by the name `buildcache`. Meant to be run by
# `unshare --mount`: what root's ssh reads is seen by nobody else, and the server ends with the command.
# Usage: flatcar-ssh.sh FOLDER PORT COMMAND...
set -Eeuo pipefail

folder=$1 port=$2
shift 2
mkdir -p "$folder" /run/sshd /root/.ssh
mount -t tmpfs tmpfs /root/.ssh
chmod 700 /root/.ssh
ssh-keygen -q -t ed25519 -N "" -f /root/.ssh/id_ed25519
rm -f "$folder/host-key" "$folder/host-key.pub"
ssh-keygen -q -t ed25519 -N "" -f "$folder/host-key"
cp /root/.ssh/id_ed25519.pub "$folder/authorized_keys"
printf 'Host buildcache\nHostName 127.0.0.1\nPort %s\nUser root\n' "$port" >/root/.ssh/config
printf '[127.0.0.1]:%s %s\n' "$port" "$(cut -d ' ' -f 1,2 "$folder/host-key.pub")" >/root/.ssh/known_hosts
printf '%s\n' "ListenAddress 127.0.0.1:$port" "HostKey $folder/host-key" "AuthorizedKeysFile $folder/authorized_keys" \
	'PasswordAuthentication no' 'PermitRootLogin yes' 'StrictModes no' 'UsePAM no' 'PidFile none' >"$folder/sshd_config"
/usr/sbin/sshd -D -e -f "$folder/sshd_config" 2>"$folder/sshd.log" &
server=$!
trap 'kill "$server"' EXIT
for ((attempt = 0; attempt < 100; attempt++)); do
	if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then break; fi
	sleep 0.1
done
"$@"
