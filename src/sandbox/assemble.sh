# shellcheck shell=bash
# Process 1 of the sandbox, sourced by enter.sh: assembles the mounts by the plan's steps, reports that it is ready,
# and from then on only reaps. Owns what every kind of mount looks like; nothing is decided here that plan.ts can say.

set -Eeuo pipefail # as enter.sh does

# Most of all tmpfs of a sandbox together: of the memory, and in files. They are folders of the workshop's, each with a mount.
readonly SIZE=40% FILES=800k
# Most processes and threads; no build has a tenth of them.
readonly PROCESSES=16384
readonly OVERLAY=redirect_dir=off,metacopy=off,index=off,xino=off,nodev

# Usage: init KIND NETWORK SCRATCH HOSTNAME PLAN... ; a word of PLAN names a step, the words after it are its arguments
init() {
  local kind=$1 network=$2 base=$3 layers=() points=() pooled=0 confine drop self taken at hostname
  local rows='' waiting=()
  local -A seen=()
  close_descriptors 3
  if [[ $network == off ]]; then ip link set lo up || ifconfig lo up || true; fi >/dev/null 2>&1
  [[ -d $base && ! -L $base ]] || fail SDK_INTERNAL "$base: an empty directory was expected as mount point"
  # A workshop that nobody sees: it is covered by the first mount on $base, and reached as the working directory.
  attempt "mount on $base" mount -t tmpfs -o "mode=755,size=$SIZE,nr_inodes=$FILES,nosuid,nodev" sandbox "$base"
  cd "$base"
  make_workshop
  hostname=$4
  if ! has_proc "${@:5}"; then name_by_own_proc; fi
  if [[ $kind == host ]]; then
    make "mount on $base" mount -t tmpfs -o mode=755,size=4m,nosuid,nodev sandbox "$base"
  fi
  shift 4
  while (($#)); do
    taken=5
    case $1 in
      layer) layers+=("$2") taken=2 ;;
      point) points+=("$2" "$3") taken=3 ;;
      root)
        step_root "$2" "$3"
        taken=3
        ;;
      bind | tmpfs) "step_$1" "${@:2:4}" ;;
      overlay)
        step_overlay "${@:2:5}"
        taken=6
        ;;
      proc | sys | dev)
        step_kernel "$@"
        taken=3
        ;;
      cwd)
        place exist directory "$2"
        taken=2
        ;;
      *) fail SDK_INTERNAL "enter.sh knows no step $1" ;;
    esac
    shift "$taken"
  done
  mount_waiting
  cd /
  read -r self _ </proc/self/stat
  if [[ $kind != host ]]; then protect bash; fi
  drop_for init
  # shellcheck disable=SC2016 # expanded by the shell that is started here
  # Reads its lifeline to the end; as process 1, bash reaps what is orphaned meanwhile and no signal from inside ends it.
  exec -c "${confine[@]}" "${drop[@]}" "$BASH" -pc 'echo "ready $1"; while read -r _; do :; done' init "$self"
}

# Usage: limit_processes PROC ; where pid_max is the namespace's own (pid_namespaces(7), since Linux 6.14): before, it is the host's
limit_processes() {
  local release most
  read -r release <"$1/sys/kernel/osrelease"
  read -r most <"$1/sys/kernel/pid_max"
  if [[ $release =~ ^([0-9]+)\.([0-9]+) ]] && ((BASH_REMATCH[1] * 1000 + BASH_REMATCH[2] >= 6014 && most > PROCESSES)); then
    printf '%s' "$PROCESSES" >"$1/sys/kernel/pid_max"
  fi
}

# Usage: make_workshop ; all that may be needed of the folders in memory (mount_of_pool): a program for each would be slow.
make_workshop() {
  mkdir proc 755-{1..9}
  mkdir -m 1777 1777-{1..9}
}

# Usage: make WHAT COMMAND... ; as attempt, in the workshop: with one process less
make() {
  local reason
  if ! "${@:2}" >reason 2>&1; then
    reason=$(<reason)
    fail SDK_HOST "cannot $1: ${reason:-$2 failed}"
  fi
}

# Usage: set_hostname PROC ; by the /proc that is mounted there: the one around may be read-only, as it is in a sandbox.
set_hostname() {
  printf '%s' "$hostname" >"$1/sys/kernel/hostname"
  limit_processes "$1"
  hostname=''
}

# Usage: has_proc PLAN... ; no other word of a plan is this one: paths are absolute
has_proc() {
  local word
  for word; do
    if [[ $word == proc ]]; then return 0; fi
  done
  return 1
}

# Usage: name_by_own_proc ; where no root has a /proc; before the workshop is covered, as umount(8) goes by whole paths
name_by_own_proc() {
  make 'mount a /proc' mount -t proc -o nosuid,nodev,noexec proc proc
  set_hostname proc
  make 'unmount that /proc' umount proc
}

# Usage: later SOURCE TARGET TYPE OPTIONS ; a mount that waits for the next mount_waiting, as a row of fstab(5): one program
# makes all that wait, as each start of mount(8) takes longer than what it does. In the workshop, as is what it mounts.
later() {
  local source=${1//\\/\\134} target=${2//\\/\\134} character escape
  for character in ' ' $'\t' $'\n'; do
    printf -v escape '\\%03o' "'$character"
    source=${source//"$character"/"$escape"} target=${target//"$character"/"$escape"}
  done
  rows+="$source $target $3 $4"$'\n'
  waiting+=("$2")
}

# Usage: mount_waiting ; in their order
mount_waiting() {
  if ((!${#waiting[@]})); then return 0; fi
  printf '%s' "$rows" >table
  make 'mount what the sandbox is made of' mount --all --no-canonicalize --fstab table
  rows='' waiting=()
}

# Usage: settle TARGET ; makes what waits, if any of it lies above or below TARGET
settle() {
  local point
  for point in "${waiting[@]}"; do
    if [[ $1/ == "$point"/* || $point/ == "$1"/* ]]; then
      mount_waiting
      return
    fi
  done
}

# Usage: place POLICY KIND TARGET ; sets `at` to the mount point beneath the new root. No component may be a symbolic
# link (it could lead to the host). What is missing is made if POLICY is `create`, never in the read-only root.
place() {
  local part rest=${3#/}
  settle "$base/$rest"
  at=$base
  while [[ -n $rest ]]; do
    part=${rest%%/*}
    rest=${rest#"$part"}
    rest=${rest#/}
    at+=/$part
    [[ ! -L $at ]] || fail SDK_SEED "${at#"$base"} is a symbolic link in the root; as (part of) the mount point $3 it would not be safe"
    if [[ -e $at ]]; then continue; fi
    [[ $1 == create ]] || fail SDK_SEED "${at#"$base"} does not exist in the root; the mount point $3 is needed"
    if [[ -n $rest || $2 == directory ]]; then mkdir "$at"; else : >"$at"; fi
  done
  if [[ $2 == directory ]]; then
    [[ -d $at ]] || fail SDK_SEED "$3: a directory was expected in the root"
  else
    [[ -f $at ]] || fail SDK_SEED "$3: a file was expected in the root"
  fi
}

# Usage: kind_of SOURCE ; sets `found` to directory or file
kind_of() {
  found='file'
  [[ ! -L $1 ]] || fail SDK_SEED "$1 is a symbolic link; it is not followed, give the path that it stands for"
  [[ -e $1 ]] || fail SDK_INTERNAL "$1 does not exist, but is to be mounted"
  if [[ -d $1 ]]; then found=directory; fi
}

# Usage: step_root UPPER WORK ; mounts the root from `layers`, read-only without UPPER. Mount points which a read-only one
# lacks come from an extra lowest layer.
step_root() {
  local index point skeleton=skeleton complete=1 folders=() files=()
  for ((index = 0; index < ${#points[@]}; index += 2)); do
    point=${points[index]#/}
    found=directory
    if [[ -n ${points[index + 1]} ]]; then kind_of "${points[index + 1]}"; fi
    if [[ ! -e ${layers[0]}/$point ]]; then complete=0; fi
    if [[ $found == directory ]]; then
      folders+=("$skeleton/$point")
    else
      point=$skeleton/$point
      folders+=("${point%/*}") files+=("$point")
    fi
  done
  mkdir -p "$skeleton" "${folders[@]}"
  for point in "${files[@]}"; do : >"$point"; done
  if ((${#layers[@]} > 1 || !complete)); then layers+=("$skeleton"); fi
  stack_layers "$base" "$1" "$2"
}

# Usage: step_bind POLICY FLAGS SOURCE TARGET ; FLAGS begin with ro or rw; without what is mounted below SOURCE
step_bind() {
  kind_of "$3"
  place "$1" "$found" "$4"
  later "$3" "$at" none "bind,nodev,$2"
}

# Usage: step_overlay POLICY FLAGS UPPER WORK TARGET ; over the layers named before it; without UPPER read-only
step_overlay() {
  place "$1" directory "$5"
  stack_layers "$at" "$3" "$4" "$2"
}

# Usage: stack_layers TARGET UPPER WORK [FLAGS] ; and forgets the layers; in the workshop
stack_layers() {
  local index names='' flags=${4:+,$4} options directory
  options=$OVERLAY$flags,ro
  for directory in "${layers[@]}" ${2:+"$2" "$3"}; do
    kind_of "$directory"
    [[ $found == directory ]] || fail SDK_INTERNAL "$directory: a layer has to be a directory"
  done
  if [[ ${#layers[@]} == 1 && -z $2 ]]; then
    later "${layers[0]}" "$1" none "bind,nodev,ro$flags"
  else
    # Links with short names: mount options hold 4096 bytes (256 a value, with fsconfig(2)), and know no `:` in a path.
    for index in "${!layers[@]}"; do
      ln -s "${layers[index]}" "$index"
      names+=:$index
    done
    if [[ -n $2 ]]; then
      ln -s "$2" upper
      ln -s "$3" work
      options=$OVERLAY$flags,upperdir=upper,workdir=work
    fi
    make "mount an overlay of ${#layers[@]} layers on $1" mount -t overlay -o "lowerdir=${names#:},$options" sandbox "$1"
    rm -f -- "${!layers[@]}" upper work
    # Where overlayfs cannot fill its work folder, it mounts all the same, but read-only.
    [[ -z $2 || -w $1 ]] || fail SDK_SPACE "cannot mount an overlay on $1 for writing: no space left on device, or a disk that fails"
  fi
  layers=()
}

# Usage: step_tmpfs POLICY MODE SIZE TARGET ; without SIZE one of those that share it
step_tmpfs() {
  place "$1" directory "$4"
  if [[ -z $3 ]]; then
    mount_of_pool "$2" "$at"
  else
    make "mount a tmpfs on $4" mount -t tmpfs -o "nosuid,nodev,mode=$2,size=$3,nr_inodes=$FILES" sandbox "$at"
  fi
}

# Usage: mount_of_pool MODE TARGET ; an empty folder of the workshop, with the flags that its mount has; in the workshop
mount_of_pool() {
  local folder
  pooled=$((pooled + 1))
  folder=${1#0}-$pooled
  if [[ ! -d $folder ]]; then mkdir -m "$1" "$folder"; fi
  later "$folder" "$2" none bind
}

# Usage: step_kernel KIND POLICY TARGET ; a file system of the kernel. What a root further down has is the first one's, with all
# that covers parts of it.
step_kernel() {
  place "$2" directory "$3"
  if [[ -n ${seen[$1]-} ]]; then
    later "${seen[$1]}" "$at" none rbind
  else
    seen[$1]=$at
    "step_$1"
  fi
}

# Usage: step_proc ; at `at`, a fresh /proc, without the files by which root changes or reads the kernel: those that container
# engines cover, and more that tell of this machine.
step_proc() {
  make 'mount /proc' mount -t proc -o nosuid,nodev,noexec proc "$at"
  if [[ -n $hostname ]]; then set_hostname "$at"; fi
  read_only "$at"/{bus,driver,fs,irq,mtrr,sys,sysrq-trigger}
  hide "$at"/{acpi,asound,scsi,buddyinfo,cmdline,diskstats,interrupts,kallsyms,kcore,keys,kmsg,kpagecgroup,kpagecount,kpageflags} \
    "$at"/{latency_stats,pagetypeinfo,sched_debug,slabinfo,softirqs,timer_list,timer_stats,vmallocinfo,vmcore,zoneinfo}
}

# Usage: step_sys ; at `at`, a fresh /sys: of the network, it shows only the namespace it is mounted in.
step_sys() {
  make 'mount /sys' mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$at"
  hide "$at"/{firmware,hypervisor,kernel/security,devices/virtual/dmi,devices/virtual/powercap}
}

# Usage: read_only FILE... ; makes each that is there read-only
read_only() {
  local file
  for file; do
    if [[ -e $file ]]; then later "$file" "$file" none bind,ro,nosuid,nodev,noexec; fi
  done
}

# Usage: hide FILE... ; hides each that is there: folders are empty then, files cannot be opened (nodev)
hide() {
  local file
  for file; do
    if [[ -d $file ]]; then
      later sandbox "$file" tmpfs ro,nosuid,nodev,noexec,size=4k
    elif [[ -e $file ]]; then
      later /dev/null "$file" none bind,ro,nosuid,nodev,noexec
    fi
  done
}

# Usage: step_dev ; at `at`, a private /dev. It is the only mount without nodev, so it is read-only: nothing can be added to it.
step_dev() {
  local node
  make 'mount /dev' mount -t tmpfs -o mode=755,size=64k,nosuid,noexec sandbox "$at"
  for node in 'null 3' 'zero 5' 'full 7' 'random 8' 'urandom 9'; do
    make "make /dev/${node% *}" mknod -m 666 "$at/${node% *}" c 1 "${node#* }"
  done
  make 'make /dev/tty' mknod -m 666 "$at/tty" c 5 0
  mkdir "$at/pts" "$at/shm"
  later devpts "$at/pts" devpts newinstance,ptmxmode=0666,mode=0620,gid=5,nosuid,noexec
  mount_of_pool 1777 "$at/shm"
  ln -s -t "$at" pts/ptmx /proc/self/fd
  ln -s fd/0 "$at/stdin"
  ln -s fd/1 "$at/stdout"
  ln -s fd/2 "$at/stderr"
  make 'make /dev read-only' mount -o remount,bind,ro,nosuid,noexec "$at"
}
