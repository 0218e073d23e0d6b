#!/usr/bin/env bash
# Runs one program in private namespaces over a root that is assembled there. Started by enter.ts, with words made by
# plan.ts; owns every mount of the project. What fails here ends with 125 and a line `sandbox: CODE: text` on stderr, with
# SANDBOX_MARK before the colon if there is one.
#
#   supervisor  this script, in a copy of the host's mounts: nothing goes from it to the host, but what the host unmounts
#               goes from here, too; the engine's death kills it (pdeathsig)
#   |- init     process 1 of the sandbox: assembles the mounts, then only reaps; dies with the supervisor
#   `- program  enters init's namespaces last, when the host's root is already detached from them
#
# Limits: root in the initial user namespace is not contained against faults of the kernel behind the calls that seccomp
# leaves. Contained are mounts, the old root, devices, network, processes, keys, descriptors, the environment, and every
# capability that KEPT lacks (docs/safety.md).
set -Eeuo pipefail
umask 022

# sys_chroot: scripts go into their roots by it. dac_read_search is not kept: with open_by_handle_at(2) it reads any file of a
# file system that is bound in. Nor is mknod: /dev is there, and devices work on no other mount.
readonly KEPT=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid,+setpcap,+setfcap,+sys_chroot
# A `nest` may make namespaces and mounts, and devices by them: it is as mighty as root outside, and only what runs in
# sandboxes of its own is contained.
readonly OF_NEST=+mknod,+net_bind_service,+net_raw,+sys_ptrace,+ipc_owner,+sys_admin
# Process 1 has one more than what it waits for: so that cannot trace it, and make it outlive us or do what seccomp refuses.
readonly OF_INIT=+sys_ptrace
readonly MOST_FILES=524288
# Of proc_pid_oom_score_adj(5): as if half of the memory more were its own.
readonly FIRST_TO_GO=500
readonly BESIDE=${BASH_SOURCE[0]%/*}
# What only the engine knows, and nothing in the sandbox can: by it, these words are told from those of the program.
readonly MARK=${SANDBOX_MARK:+ $SANDBOX_MARK}
readonly DROPPED=(--inh-caps=-all --ambient-caps=-all --clear-groups --no-new-privs)

# Usage: drop_for KIND ; sets `confine` and `drop` to the words that start a program with little: with a filter of system
# calls (confine.pl), and with few capabilities.
drop_for() {
  local kept=$KEPT names=(listed refused)
  case $1 in
    nest) kept+=,$OF_NEST names=() ;;
    init) kept+=,$OF_INIT ;;
  esac
  confine=("$(type -P perl)" "$BESIDE/confine.pl" "$BESIDE/seccomp/$HOSTTYPE" "${names[@]}" --)
  drop=("$(type -P setpriv)" "--bounding-set=$kept" "${DROPPED[@]}" --)
}

# Usage: fail CODE MESSAGE
fail() {
  printf 'sandbox%s: %s: %s\n' "$MARK" "$1" "${2//$'\n'/ }" >&"${complaints:-2}"
  if [[ -n ${holder:-} ]]; then end_namespaces; fi
  exit 125
}
trap 'broken $? "${BASH_SOURCE[0]##*/}" "$LINENO"' ERR

# Usage: broken STATUS FILE LINE ; that somebody kills a program (137), the kernel for want of memory for one, is no bug of what had
# started it
broken() {
  if (($1 == 137)); then fail SDK_HOST "a program was killed that $2 had started at line $3"; fi
  fail SDK_INTERNAL "$2 failed at line $3"
}

# Usage: attempt WHAT COMMAND... ; COMMAND is a host tool: its output is the reason when it fails
attempt() {
  local reason
  reason=$("${@:2}" 2>&1) || fail SDK_HOST "cannot $1: ${reason:-$2 failed}"
}

# Usage: close_descriptors FIRST [KEPT] ; closes what a careless parent left open from FIRST on (255 is bash's own)
close_descriptors() {
  local entry fd
  for entry in /proc/self/fd/*; do
    fd=${entry##*/}
    if ((fd >= $1 && fd != 255 && fd != ${2:--1})); then exec {fd}>&-; fi
  done
}

# Usage: protect PROGRAM... ; through /proc/PID/exe a process can reopen the file it runs: on a read-only mount it
# cannot write to it, so nothing inside can change a program of the host that it was started through.
protect() {
  local program file mount point done=' '
  for program in "$@"; do
    program=$(type -P "$program")
    exec {file}<"$program"
    find_mount "$file"
    exec {file}<&-
    if [[ $done == *" $mount "* ]]; then continue; fi
    attempt "protect $program" mount -o remount,bind,ro "$point"
    done+="$mount "
  done
}

# Usage: find_mount DESCRIPTOR ; sets mount to the number, point to the place of the mount with the file that is open
# there. By stat(1), a bind mount from its own file system cannot be told from that.
find_mount() {
  local key value id
  while read -r key value; do
    if [[ $key == mnt_id: ]]; then mount=$value; fi
  done <"/proc/self/fdinfo/$1"
  while read -r id _ _ _ point _; do
    if [[ $id == "$mount" ]]; then break; fi
  done </proc/self/mountinfo
  printf -v point %b "$point" # a blank is \040 there
}

# Usage: open_pipe ; sets reader and writer
open_pipe() {
  local both
  exec {both}<> <(:)
  # shellcheck disable=SC2094 # one pipe, opened for each of its ends
  exec {reader}<"/proc/self/fd/$both" {writer}>"/proc/self/fd/$both" {both}>&-
}

# --- supervisor -----------------------------------------------------------------------------------------------------

# Usage: start PARENT MODE EVENTS KIND NETWORK SCRATCH HOSTNAME CWD COUNT PLAN... COUNT NAME=VALUE... COUNT GROUP... ARGV...
# GROUP: a file that takes a process into a control group; the program joins those. MODE: `own`: streams for a program, without input; `caller`: the caller's, by a terminal of its own; EVENTS: 1 keeps descriptor 3; KIND: `layers`, `nest` or `host`
start() {
  # Armed before this shell began: if the parent is another one now, ours died earlier and no signal will come.
  [[ $PPID == "$1" ]] || fail SDK_INTERNAL "the process that started the sandbox ($1) is gone"
  ((EUID == 0)) || fail SDK_HOST 'the sandbox needs root: run it with sudo'
  [[ -e /dev/fd/ ]] || fail SDK_HOST '/dev/fd is not there, as in a /dev that nobody has filled: ln -s /proc/self/fd /dev/fd'
  close_descriptors $((3 + $3))
  local propagation=slave next=supervise
  if ! root_is_outermost; then propagation=unchanged next=root_of_chroot; fi
  attempt 'make a mount namespace (CAP_SYS_ADMIN missing?)' unshare --mount "--propagation=$propagation" true
  exec unshare --mount "--propagation=$propagation" -- bash "$0" "$next" "${@:2}"
}

# Usage: root_is_outermost ; `/` is that of the mount namespace, where whoever enters that lands. In a chroot it is not: there it is
# a plain directory, which has no propagation to set either, or a mount point, as schroot and the Gentoo handbook have it.
root_is_outermost() {
  local here there root
  [[ -r /proc/self/mountinfo ]] || fail SDK_HOST '/proc is not mounted: mount -t proc proc /proc'
  # Process 1 of a machine or a container is there, as a rule.
  if [[ /proc/1/ns/mnt -ef /proc/self/ns/mnt ]]; then [[ /proc/1/root/ -ef / ]] && return 0 || return 1; fi
  root_is_mount || return 1
  exec {root}</
  here=$(<"/proc/self/fdinfo/$root")
  # shellcheck disable=SC2016 # expanded by the shell that is started there
  there=$(nsenter --mount=/proc/self/ns/mnt -- sh -c 'exec 3</ && while read -r line; do echo "$line"; done </proc/self/fdinfo/3' 2>/dev/null) || there=''
  exec {root}<&-
  here=${here#*mnt_id:} there=${there#*mnt_id:}
  [[ ${here%%[^0-9[:space:]]*} == "${there%%[^0-9[:space:]]*}" ]]
}

# Usage: root_is_mount
root_is_mount() {
  local point
  while read -r _ _ _ _ point _; do
    if [[ $point == / ]]; then return 0; fi
  done </proc/self/mountinfo
  return 1
}

# Usage: as supervise, in a chroot: makes its directory the root of this copy of the mounts. Nothing of that reaches the
# host: the copy is made private first, from its real root, where a process lands that enters the namespace.
root_of_chroot() {
  local in_mounts=(nsenter "--mount=/proc/$$/ns/mnt")
  attempt 'make the mounts around this chroot private' "${in_mounts[@]}" -- mount --make-rprivate /
  attempt "mount / on $5" mount --rbind / "$5"
  cd "$5"
  attempt 'pivot_root into this chroot' "${in_mounts[@]}" --wd=. -- pivot_root . .
  exec unshare --root=. -- bash "$0" leave_host "$@"
}

# Usage: as supervise, in the new root: the old one lies on top of it, where nsenter lands.
leave_host() {
  attempt 'detach what is around this chroot' nsenter "--mount=/proc/$$/ns/mnt" -- umount -l /
  supervise "$@"
}

# Usage: as start, without PARENT
supervise() {
  local mode=$1 events=$2 kind=$3 network=$4 scratch=$5 hostname=$6 cwd=$7 plan variables groups=() reader writer
  shift 7
  plan=("${@:2:$1}") && shift $((1 + $1))
  variables=("${@:2:$1}") && shift $((1 + $1))
  open_groups "${@:2:$1}" && shift $((1 + $1))
  local holder='' lifeline='' init='' report='' program='' terms=0 interrupted=0 status=0 forwarders=() feeder=''
  local drop confine
  trap terminate TERM
  trap : INT QUIT HUP
  cd /
  begin_namespaces
  if [[ $kind != host ]]; then make_root; fi
  release_mounts
  [[ -d /proc/$init/root$cwd ]] || fail SDK_SEED "$cwd: no such directory in the sandbox to start in"
  run_program "$@"
  end_namespaces
  exit "$status"
}

# Usage: open_groups GROUP... ; adds a descriptor of each to groups: what is mounted there is released before the program begins.
open_groups() {
  local group
  for group; do
    { exec {group}>"$group"; } 2>/dev/null || fail SDK_HOST "the control group of $group is gone"
    groups+=("$group")
  done
}

# Usage: begin_namespaces ; sets init to the process id of process 1 (as seen here), holder and lifeline to what keeps it.
begin_namespaces() {
  local line text='' flags=(--pid --ipc --uts) answer answering propagation=private
  if [[ $kind == host ]]; then propagation=slave; fi
  if [[ -e /proc/self/ns/cgroup ]]; then flags+=(--cgroup); fi
  if [[ $network == off ]]; then flags+=(--net); fi
  open_pipe
  answer=$reader answering=$writer
  # A session of its own keeps terminal keys away. Standard input is a lifeline: it ends when the supervisor is gone,
  # and then so does process 1, which also covers a supervisor that died before pdeathsig was armed.
  open_pipe
  lifeline=$writer
  (
    trap - TERM INT QUIT HUP ERR
    exec <&"$reader" >&"$answering" 2>&1 {lifeline}>&- {answer}>&-
    exec setpriv --pdeathsig KILL -- setsid unshare --mount --propagation "$propagation" --fork \
      --kill-child=KILL "${flags[@]}" -- bash "$0" init "$kind" "$network" "$scratch" "$hostname" "${plan[@]}"
  ) &
  holder=$!
  exec {reader}>&- {answering}>&-
  while IFS= read -r line; do
    case $line in
      'ready '*)
        init=${line#ready }
        exec {answer}>&-
        return
        ;;
      "sandbox$MARK: "*)
        line=${line#"sandbox$MARK: "}
        fail "${line%%: *}" "${line#*: }${text:+:$text}" # what a failing program said before
        ;;
      *) text+=" $line" ;;
    esac
  done <&"$answer"
  fail SDK_HOST "cannot make the namespaces (CAP_SYS_ADMIN missing?):${text:- they ended at once}"
}

# Usage: make_root ; the assembled root becomes `/` of init's mount namespace, and the host's root leaves it.
make_root() {
  local in_mounts=(nsenter "--mount=/proc/$init/ns/mnt") point roots=0
  attempt 'pivot_root into the new root' "${in_mounts[@]}" "--wd=/proc/$init/root$scratch" -- pivot_root . .
  # The old root now lies on top of the new one, where nsenter lands: the host's own umount can still be started.
  attempt 'detach the old root' "${in_mounts[@]}" -- umount -l /
  while read -r _ _ _ _ point _; do
    if [[ $point == / ]]; then roots=$((roots + 1)); fi
  done <"/proc/$init/mountinfo"
  ((roots == 1)) || fail SDK_HOST "the old root is still mounted in the sandbox ($roots mounts at /)"
}

# Usage: release_mounts ; takes out of the supervisor's copy of the mounts what it needs no more, so that a file system that
# the host unmounts is free, and not busy for as long as a stage lasts. Only in a copy from which nothing goes to the host.
release_mounts() {
  local point peers needed points=()
  if [[ /proc/self/ns/mnt -ef /proc/$PPID/ns/mnt ]]; then return 0; fi
  needed=" $0 $(type -P bash perl env setsid setpriv nsenter unshare cat umount) "
  needed=${needed//$'\n'/ }
  while read -r _ _ _ _ point _ peers; do
    if [[ "${peers%% - *} " == *shared:* ]]; then return 0; fi
    printf -v point %b "$point" # a blank is \040 there
    case $point/ in
      // | /proc/* | /dev/* | /usr/* | /bin/* | /sbin/* | /lib*/* | /etc/* | /nix/* | /gnu/*) continue ;;
    esac
    if [[ $needed != *" $point/"* ]]; then points=("$point" "${points[@]}"); fi
  done </proc/self/mountinfo
  if ((${#points[@]})); then umount --lazy --no-canonicalize "${points[@]}" 2>/dev/null || true; fi
}

# Usage: run_program ARGV... ; sets status. The host's tools stay reachable for the last steps because nsenter is given
# the supervisor's root; only the final program takes the sandbox's root, where it is already, and with it the last way back
# is gone. That is unshare with no namespace to unshare: nsenter refuses to do without one since util-linux 2.41.
run_program() {
  local root=/proc/$init/root begin=. way=(nsenter -t "$init" --mount --pid --ipc --uts) session=(setsid) steps job
  if [[ -e /proc/self/ns/cgroup ]]; then way+=(--cgroup); fi
  if [[ $network == off ]]; then way+=(--net); fi
  if [[ $mode == caller && -t 0 ]]; then mode=terminal session+=(--ctty); fi
  steps=(env -i --default-signal "${variables[@]}")
  if [[ $kind != host ]]; then
    drop_for "$kind"
    protect bash perl env setsid setpriv nsenter unshare
    if [[ $mode != terminal ]]; then plain_streams; fi
    way+=(--root=/ --wd=/)
    begin=$root
    steps=("${confine[@]}" "${steps[@]}" "${drop[@]}" "$(type -P unshare)" --root=. "--wd=${cwd:-/}" --)
  else
    way+=("--wd=$root$cwd")
  fi
  open_pipe
  report=$reader
  # A nest makes namespaces and mounts, for which it has to be root outside.
  if [[ $kind == layers ]]; then way=(perl "$BESIDE/users.pl" "$BESIDE/seccomp/$HOSTTYPE" -- "${way[@]}"); fi
  way+=(-- bash "$0" program "$writer" "$events" "$begin" "${groups[*]}" "${session[@]}" "${steps[@]}" "$@")
  if [[ $mode == terminal ]]; then
    on_terminal "${way[@]}"
  else
    "${way[@]}" <&0 {lifeline}>&- &
    job=$!
  fi
  exec {writer}>&-
  if ((${#forwarders[@]})); then exec >&- 2>&"$complaints"; fi # they end when the last writer has ended
  while
    interrupted=0
    wait "$job" 2>/dev/null && status=0 || status=$?
    ((interrupted))
  do :; done
}

# Usage: on_terminal COMMAND... ; starts it on a pseudo-terminal of its own, sets job: what is on the caller's can type
# for the caller (TIOCSTI), and leave it in any state. script(1) passes keys, sizes and the exit code on.
on_terminal() {
  local words
  exec {words}< <(printf '%s\0' "$@")
  # shellcheck disable=SC2016 # expanded by the shell that script(1) starts
  SANDBOX_PROGRAM=$0 SANDBOX_WORDS=$words SHELL=/bin/sh script --quiet --return \
    --command 'exec bash "$SANDBOX_PROGRAM" become "$SANDBOX_WORDS"' /dev/null <&0 {lifeline}>&- &
  job=$!
  exec {words}<&-
}

# Usage: become DESCRIPTOR ; becomes the command whose words are there, each with a zero byte behind it
become() {
  local from=$1 words
  mapfile -d '' words <&"$from"
  exec {from}<&-
  unset SANDBOX_PROGRAM SANDBOX_WORDS
  exec "${words[@]}"
}

# Usage: plain_streams ; gives the program real pipes: the engine's are sockets, which cannot be opened again by
# /dev/stdout; its null device is the host's, whose mode a program with that descriptor could change; and a file of the
# caller's could be opened again for writing.
plain_streams() {
  local input
  exec {input}<&0
  exec {complaints}>&2
  exec 1> >(exec cat >&1 3>&- {lifeline}>&-)
  forwarders+=($!)
  exec 2> >(exec cat >&2 3>&- {lifeline}>&-)
  forwarders+=($!)
  if [[ $mode == caller ]]; then
    exec 0< <(exec cat <&"$input" 3>&- {lifeline}>&- {complaints}>&-)
    feeder=$!
  else
    exec 0< <(:)
  fi
  exec {input}<&-
}

# Usage: program REPORT EVENTS BEGIN GROUPS COMMAND... ; tells the supervisor its process id as the host sees it, joins control
# groups, becomes COMMAND in the folder BEGIN: when it has few capabilities, process 1 is out of its reach, and with it the root.
program() {
  local pid group
  read -r pid _ </proc/self/stat
  printf '%s\n' "$pid" >&"$1"
  for group in $4; do
    { printf 0 >&"$group"; } 2>/dev/null || fail SDK_HOST 'the control group of the sandbox is gone'
  done
  close_descriptors $((3 + $2)) "${SANDBOX_USERS:-}"
  set_limits
  cd "$3"
  exec "${@:5}"
}

# Usage: set_limits ; open files, as systemd has it; no priorities that the caller may take; half of what the kernel counts for a user,
# who is the host's root, too: message queues and waiting signals; out of memory, the kernel ends what is in here before the host's
# programs, and nothing in here can undo that; no core: where the kernel hands those to a program, that is the host's.
# A limit of one byte is what it takes as no core for a program, too (core(5) says nothing of it; fs/coredump.c does).
set_limits() {
  local line files='' queues=409600 signals=32768
  while read -r line; do
    if [[ $line =~ ^Max\ (open\ files|msgqueue\ size|pending\ signals)\ +[a-z0-9]+\ +([0-9]+) ]]; then
      case ${BASH_REMATCH[1]} in
        open*) files=${BASH_REMATCH[2]} ;;
        msg*) queues=$((BASH_REMATCH[2] / 2)) ;;
        *) signals=$((BASH_REMATCH[2] / 2)) ;;
      esac
    fi
  done </proc/self/limits
  if ((${files:-MOST_FILES + 1} > MOST_FILES)); then ulimit -Sn 1024 && ulimit -Hn "$MOST_FILES"; fi
  prlimit --core=1:1 --nice=0:0 --rtprio=0:0 "--msgqueue=$queues:$queues" "--sigpending=$signals:$signals" --pid $$
  { printf '%s' "$FIRST_TO_GO" >/proc/self/oom_score_adj; } 2>/dev/null || true
}

# Usage: terminate ; on SIGTERM: the first goes to the program's session leader and its group, the second kills the sandbox.
terminate() {
  interrupted=1 terms=$((terms + 1))
  if [[ -n $report && -z $program ]]; then read -rt 1 -u "$report" program || true; fi
  if [[ -n $program ]] && ((terms == 1)); then
    kill -TERM -- "-$program" 2>/dev/null || kill -TERM "$program" 2>/dev/null || true
    return 0 # without the number, it would be the status from before the signal
  fi
  if [[ -n $program ]]; then
    kill_init
  else
    end_namespaces
    exit 143
  fi
}

# Usage: end_namespaces ; ends init, and with it whatever the program left behind; waits until nothing is left.
end_namespaces() {
  trap - ERR
  # Not there yet if the end comes at once.
  if [[ -n $lifeline ]]; then exec {lifeline}>&-; fi
  kill_init
  if [[ -n $feeder ]]; then kill "$feeder" 2>/dev/null || true; fi
  wait "$holder" "${forwarders[@]}" 2>/dev/null || true
}

# Usage: kill_init ; kills process 1, and so everything in the sandbox, if it is still ours: process ids are used again.
kill_init() {
  local parent=''
  if [[ -n $init ]]; then read -r _ _ _ parent _ 2>/dev/null <"/proc/$init/stat" || true; fi
  if [[ -n $parent && $parent == "$holder" ]]; then kill -KILL "$init" 2>/dev/null || true; fi
}

if [[ $1 == init ]]; then
  # shellcheck source-path=SCRIPTDIR source=assemble.sh
  source "$BESIDE/assemble.sh"
fi
"$@"
