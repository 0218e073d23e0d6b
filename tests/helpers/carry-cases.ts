// Globs of [carry] and packages: what the scripts decide in a stage, and the engine before.

/** Globs, a package, and whether they carry it. */
export const CARRY_CASES: readonly [globs: readonly string[], name: string, carried: boolean][] = [
  [[], 'a/b', false],
  [['*/*'], 'sys-libs/zlib', true],
  [['*/*', '-sys-libs/zlib'], 'sys-libs/zlib', false],
  [['*/*', '-sys-libs/zlib'], 'sys-libs/zlib-ng', true],
  [['-sys-libs/zlib', '*/*'], 'sys-libs/zlib', true],
  [['-sys-libs/zlib'], 'sys-libs/zlib', false],
  [['*/*', '-sys-*/*', 'sys-devel/gcc'], 'sys-devel/gcc', true],
  [['*/*', '-sys-*/*', 'sys-devel/gcc'], 'sys-devel/binutils', false],
  [['dev-lang/p?thon'], 'dev-lang/python', true],
  [['a/g.c'], 'a/gxc', false],
  [['x11/gtk+'], 'x11/gtk+', true],
]
