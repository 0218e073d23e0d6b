// Slurm really drives a fleet by ci/slurm/submit.sh: a controller and two nodes on this machine, each with a catalyst root of its own, that
// share nothing but the store; a chain goes over both; a job whose program is killed is put back into the queue; what waits for a
// job that has failed goes.
//
// Set-up: apt installs slurmctld, slurmd, slurm-client and munge, whose services are not used.

import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import path from 'node:path'
import { before, describe, test } from 'node:test'
import { toolEnvironment } from '../../src/process/environment.js'
import { capture, must } from '../../src/process/run.js'
import { SKIP } from '../e2e/mini-place.js'
import { assertNothingLeft, leftovers, PROJECT } from '../e2e/run-command.js'
import { processesWith, until, useFleet } from '../helpers/fleet.js'
import { freePort } from '../integration/publish-helpers.js'

const NODES = ['n1', 'n2'] as const
const STAGES = ['stage1', 'stage2', 'stage3', 'stage4'] as const

describe('Slurm', { skip: SKIP }, () => {
  const fleet = useFleet()
  const conf = fleet.at('slurm.conf')

  const slurm = async (...argv: [string, ...string[]]): Promise<string> =>
    await must({ argv, env: { ...fleet.env, SLURM_CONF: conf }, cwd: fleet.checkout })

  /** Hands the chain of a version in; the ids of its jobs, by stage. */
  async function submit(version: string): Promise<string[]> {
    const argv = ['bash', path.join(PROJECT, 'ci/slurm/submit.sh'), 'fleet.toml', './cr'] as const
    const env = { ...fleet.env, SLURM_CONF: conf, VERSION: version }
    const said = await must({ argv, env, cwd: fleet.checkout })
    const jobs = said.trim().split('\n')
    assert.deepEqual(
      jobs.map((line) => line.split(/ +/)[1]),
      STAGES.map((stage) => `mini-amd64-sdk-${stage}`),
    )
    return jobs.map((line) => line.split(' ')[0] ?? '')
  }

  /** A job's fields, as the controller has them. */
  async function job(id: string): Promise<Record<string, string>> {
    const { stdout } = await capture({
      argv: ['scontrol', '--oneliner', 'show', 'job', id],
      env: { ...fleet.env, SLURM_CONF: conf },
    })
    return Object.fromEntries(stdout.split(/\s+/).map((word) => word.split(/=(.*)/s).slice(0, 2)))
  }

  const ended = (id: string): Promise<Record<string, string>> =>
    until(`the end of job ${id}`, async () => {
      const fields = await job(id)
      return /COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL/.test(fields.JobState ?? '') ? fields : undefined
    })

  before(async () => {
    // Each node is a machine: its disk is its own.
    await fleet.make(
      `cd ${fleet.checkout}\nfor word; do if [[ $word == ./cr && -v SLURMD_NODENAME ]]; then word=${fleet.at('disk')}-$SLURMD_NODENAME; fi; words+=("$word"); done\nexec "$SDK_OF_TEST" "\${words[@]}"`,
    )
    if (
      !['/usr/sbin/slurmctld', '/usr/sbin/slurmd', '/usr/bin/sbatch', '/usr/sbin/munged'].every((file) =>
        existsSync(file),
      )
    )
      await must({
        argv: [
          'apt-get',
          'install',
          '--yes',
          '--no-install-recommends',
          'slurmctld',
          'slurmd',
          'slurm-client',
          'munge',
        ],
        env: toolEnvironment({ DEBIAN_FRONTEND: 'noninteractive' }),
      })
    await startMunge()
    await writeConf()
    const env = { SLURM_CONF: conf }
    fleet.start(['/usr/sbin/slurmctld', '-D', '-c', '-f', conf], { cwd: fleet.at(), env })
    for (const node of NODES)
      fleet.start(['/usr/sbin/slurmd', '-D', '-N', node, '-f', conf], { cwd: fleet.at(), env })
    await until('both nodes', async () => {
      const { stdout } = await capture({
        argv: ['sinfo', '--noheader', '--Node', '--format=%N %t'],
        env: { ...fleet.env, ...env },
      })
      return /n1 idle/.test(stdout) && /n2 idle/.test(stdout) ? stdout : undefined
    })
  })

  async function startMunge(): Promise<void> {
    mkdirSync(fleet.at('munge'))
    writeFileSync(fleet.at('munge/key'), randomBytes(1024), { mode: 0o400 })
    const files = ['socket', 'pid', 'seed', 'log'].map((name) => {
      const option = { socket: 'socket', pid: 'pid-file', seed: 'seed-file', log: 'log-file' }[name]
      return `--${option}=${fleet.at('munge', name)}`
    })
    const argv = [
      '/usr/sbin/munged',
      '--foreground',
      '--force',
      `--key-file=${fleet.at('munge/key')}`,
      ...files,
    ] as const
    fleet.start([...argv], { cwd: fleet.at() })
    await until('munged', () => existsSync(fleet.at('munge/socket')) || undefined)
  }

  async function writeConf(): Promise<void> {
    const node = async (name: string): Promise<string> =>
      `NodeName=${name} NodeHostname=${hostname()} NodeAddr=127.0.0.1 Port=${await freePort()} CPUs=1 RealMemory=2000 TmpDisk=4000 Features=mini`
    const lines = [
      ...['ClusterName=fleet', `SlurmctldHost=${hostname()}(127.0.0.1)`, `SlurmctldPort=${await freePort()}`],
      ...['SlurmUser=root', 'SlurmdUser=root', 'AuthType=auth/munge'],
      // What is put back into the queue waits for as long as a credential may be used.
      `AuthInfo=socket=${fleet.at('munge/socket')},cred_expire=5`,
      ...[
        'ProctrackType=proctrack/linuxproc',
        'TaskPlugin=task/none',
        'MpiDefault=none',
        'ReturnToService=2',
      ],
      ...['SelectType=select/cons_tres', 'SelectTypeParameters=CR_CPU', 'SlurmdParameters=config_overrides'],
      ...['MailProg=/bin/true', 'JobRequeue=1', 'MinJobAge=3600', 'SchedulerParameters=sched_interval=2'],
      ...[`StateSaveLocation=${fleet.at('state')}`, `SlurmdSpoolDir=${fleet.at('spool-%n')}`],
      ...[`SlurmctldPidFile=${fleet.at('ctld.pid')}`, `SlurmdPidFile=${fleet.at('%n.pid')}`],
      ...[`SlurmctldLogFile=${fleet.at('ctld.log')}`, `SlurmdLogFile=${fleet.at('%n.log')}`],
      ...[await node('n1'), await node('n2')],
      'PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP',
    ]
    mkdirSync(fleet.at('state'))
    writeFileSync(conf, `${lines.join('\n')}\n`)
  }

  test('a chain goes over both nodes, each stage after the one before; who is killed is put back and goes on', async (t) => {
    const begin = performance.now()
    const ids = await submit('1.0.0+a')
    const first = await ended(ids[0] ?? '')
    assert.equal(first.JobState, 'COMPLETED', JSON.stringify(first))
    // The rest has to go to the other node.
    const node = first.NodeList ?? ''
    await slurm('scontrol', 'update', `NodeName=${node}`, 'State=DRAIN', 'Reason=test')
    const other = NODES.find((name) => name !== node) ?? ''
    const disk = `${fleet.at('disk')}-${other}`
    await until('stage 2 to run', () => leftovers(disk).length > 0 || undefined)
    // Only the program dies: what it has started must go with it.
    const engines = processesWith(`--catalyst_root ${disk}`)
    assert.ok(engines.length > 0)
    for (const pid of engines) process.kill(pid, 'SIGKILL')
    for (const [index, id] of ids.entries()) {
      const fields = await ended(id)
      assert.deepEqual([fields.JobState, fields.ExitCode], ['COMPLETED', '0:0'], JSON.stringify(fields))
      assert.equal(fields.NodeList, index === 0 ? node : other)
      assert.equal(fields.Restarts, index === 1 ? '1' : '0')
    }
    t.diagnostic(`the chain: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    await assertNothingLeft(fleet.at('disk'))
    await slurm('scontrol', 'update', `NodeName=${node}`, 'State=RESUME')
  })

  test('the next change builds only what depends on it', async (t) => {
    const begin = performance.now()
    await fleet.edit('repos/overlay/dev-mini/late/late-1.ebuild')
    for (const id of await submit('1.0.0+b')) assert.equal((await ended(id)).JobState, 'COMPLETED')
    t.diagnostic(`the chain of the second change: ${((performance.now() - begin) / 1000).toFixed(1)} s`)
    const disks = NODES.map((name) => `${fleet.at('disk')}-${name}`).filter((folder) => existsSync(folder))
    assert.deepEqual(disks.flatMap((disk) => fleet.built(disk, '1.0.0+b')).sort(), [
      'stage3 dev-mini/late-1',
      'stage4 dev-mini/sdk-1',
    ])
  })

  test('a stage that fails is not tried again, and what waits for it goes', async () => {
    const ebuild = 'mini/repos/overlay/dev-mini/late/late-1.ebuild'
    writeFileSync(
      path.join(fleet.checkout, ebuild),
      'EAPI=8\nSLOT=0\nKEYWORDS="amd64"\nDESCRIPTION=late\npkg_setup() { die "out of luck"; }\n',
    )
    const states = []
    for (const id of await submit('1.0.0+c')) {
      const { JobState, ExitCode, Restarts } = await ended(id)
      states.push([JobState, ExitCode, Restarts])
    }
    assert.deepEqual(states, [
      ['COMPLETED', '0:0', '0'],
      ['COMPLETED', '0:0', '0'],
      ['FAILED', '5:0', '0'],
      ['CANCELLED', '0:0', '0'],
    ])
  })
})
