import assert from 'node:assert/strict'
import test from 'node:test'
import { planConfiguration } from '../../../src/portage/configuration.js'
import { renderMakeConf, withUse } from '../../../src/portage/make-conf.js'

const CONF = {
  chost: 'x86_64-pc-linux-gnu',
  cflags: '-O2 -pipe',
  cxxflags: '-O2',
  ldflags: '-Wl,-O2',
  makeConf: {},
  features: ['-strict'],
  jobs: 3,
}

test('make.conf says what was asked for, each value in quotes', () => {
  const text = renderMakeConf(CONF)
  for (const line of ['CHOST="x86_64-pc-linux-gnu"', 'CFLAGS="-O2 -pipe"'])
    assert.ok(text.includes(`\n${line}\n`), line)
  assert.match(text, /^FEATURES="[^"]* -strict"$/m)
  assert.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .filter((line) => !/^(#|[A-Z_]+="[^"]*"$)/.test(line)),
    [],
  )
})

test('flags that are not there are left to the profile; those that are empty are said', () => {
  const { cflags, ldflags: _, ...others } = CONF
  const text = renderMakeConf({ ...others, cflags, cxxflags: '', makeConf: { FCFLAGS: '-O1' } })
  assert.match(text, /^CFLAGS="-O2 -pipe"\nCXXFLAGS=""\nFEATURES=/m)
  assert.match(text, /^FCFLAGS="-O1"$/m)
})

test('USE of a stage stands beside that of make.conf, each word once and in order', () => {
  const conf = withUse({ ...CONF, makeConf: { USE: 'bindist x' } }, ['x', '-y', 'a'])
  assert.match(renderMakeConf(conf), /^USE="-y a bindist x"$/m)
  assert.doesNotMatch(renderMakeConf(withUse(CONF, [])), /^USE=/m)
})

test('repos.conf has a file for each repo; the main one says so, and is below the others', () => {
  const entries = planConfiguration({
    makeConf: CONF,
    repos: [
      { name: 'main', location: '/m', main: true },
      { name: 'over', location: '/o', main: false },
    ],
    profile: { location: '/m', path: 'x' },
  })
  const text = (name: string): string => {
    const entry = entries.find(({ path }) => path === `repos.conf/${name}.conf`)
    return entry !== undefined && 'text' in entry ? entry.text : ''
  }
  assert.match(text('main'), /^\[DEFAULT\]\nmain-repo = main\n\n\[main\]\nlocation = \/m\npriority = -1000\n/)
  assert.match(text('over'), /^\[over\]\nlocation = \/o\npriority = 1\n/)
})

test('the profile is a relative link, so that it holds in a root seen from outside', () => {
  const entries = planConfiguration({
    makeConf: CONF,
    repos: [],
    profile: { location: '/var/gentoo/repos/over', path: 'a/b' },
  })
  assert.deepEqual(
    entries.find((entry) => entry.path === 'make.profile'),
    { path: 'make.profile', link: '../../var/gentoo/repos/over/profiles/a/b' },
  )
})
