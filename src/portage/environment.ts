// The environment that Portage runs in: the same on every host, with nothing of the caller's.

/** Search path, locale and terminal of every program inside a root. */
export const PORTAGE_ENVIRONMENT: Readonly<Record<string, string>> = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  LC_ALL: 'C.UTF-8',
  TERM: 'dumb',
  NOCOLOR: 'true',
  TZ: 'UTC',
}
