// The environment that Portage runs in: the same on every host, with nothing of the caller's.

/** Search path, locale and terminal of every program inside a root. */
export const PORTAGE_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TERM: 'dumb',
  NOCOLOR: 'true',
  TZ: 'UTC',
  // What a Python program writes in the order of a set is the same each time.
  PYTHONHASHSEED: '0',
  // What holds while a stage runs and must not stay in the SDK's make.conf: nothing of the new root is anybody's own
  // configuration yet, and all is fetched and verified before, so that a miss should fail at once.
  CONFIG_PROTECT: '-*',
  FETCHCOMMAND: '/bin/false',
  RESUMECOMMAND: '/bin/false',
  GENTOO_MIRRORS: '',
  EVCS_OFFLINE: '1',
  EGIT3_STORE_DIR: '/var/cache/distfiles/git3-src',
  EMERGE_WARNING_DELAY: '0',
  CLEAN_DELAY: '0',
  // A configure script that tries semaphores out finds what /dev/shm of the build machine allows; Flatcar's catalystrc.
  ac_cv_posix_semaphores_enabled: 'yes',
}
