// In which order stage 4 merges the packages of its cross toolchains: step by step, each step of all of them at once.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import path from 'node:path'
import test from 'node:test'
import { stagesFolder } from '../../../src/stage/run/input.js'

const ATOMS = ['binutils', 'headers', 'gcc[-cxx,foo]', 'libc', 'gcc[cxx]', 'gdb']

/** What is merged for `targets`, a line each: with which USE, and what. */
function merges(targets: readonly string[], { carried = '', atoms = ATOMS } = {}): string[] {
  const script = `set -Eeuo pipefail
    phase() { :; }
    merge() { printf '%s:' "\${USE-stage}" && shift 2 && printf ' %s' "$@" && echo; }
    was_carried() { [[ $1 == "$CARRIED" ]]; }
    arguments() { mapfile -t "$2" < <(for atom in $ATOMS; do echo "\${1#cross.}/$atom"; done); }
    source "$LIBRARY"
    merge_toolchains "$@"`
  const env = {
    ...{ PATH: process.env.PATH, CARRIED: carried, ATOMS: atoms.join(' ') },
    LIBRARY: path.join(stagesFolder(), 'lib/toolchains.sh'),
  }
  const said = execFileSync('bash', ['--norc', '-c', script, 'test', ...targets], { encoding: 'utf8', env })
  return said.split('\n').filter((line) => line !== '')
}

test('passes with flags of their own are merged by themselves, those of all toolchains at once', () => {
  assert.deepEqual(merges(['arm', 'x86']), [
    'stage: arm/binutils arm/headers x86/binutils x86/headers',
    ' -cxx foo: arm/gcc x86/gcc',
    'stage: arm/libc x86/libc',
    ' cxx: arm/gcc x86/gcc',
    'stage: arm/gdb x86/gdb',
  ])
})

test('what is carried needs no pass of its own, whatever the other toolchain needs', () => {
  assert.deepEqual(merges(['arm', 'x86'], { carried: 'x86/gcc', atoms: ['binutils', 'gcc[-cxx]', 'libc'] }), [
    'stage: arm/binutils x86/binutils x86/gcc x86/libc',
    ' -cxx: arm/gcc',
    'stage: arm/libc',
  ])
})

test('a definition without cross toolchains merges nothing', () => assert.deepEqual(merges([]), []))
