// A stage as an OCI image: skopeo takes it, the same archive gives the same bytes, and it is a seed.

import assert from 'node:assert/strict'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { must } from '../../src/process/run.js'
import { layerOfImage } from '../../src/seed/oci-layout.js'
import { sha256File } from '../../src/store/digest/digest.js'
import { sideFiles } from '../../src/store/layout.js'
import { execute } from './launcher-project.js'
import { needsRoot } from './store-helpers.js'
import { cli, finishStage, ground, smallTree } from './verbs-helpers.js'

test(
  'export: an image that skopeo takes, the same each time, and that begins a chain',
  needsRoot(),
  async (t) => {
    const { folder, layout, place } = await ground(t)
    const { record, archive } = await finishStage(layout, 'stage4', {
      tree: smallTree(path.join(folder, 't'), 'four'),
    })
    const at = (name: string): string => path.join(folder, name)
    const exported = async (name: string): Promise<Record<string, string>> => {
      const { exitCode, stdout, stderr } = await cli(['export', 'sdk', ...place, '--json', '--oci', at(name)])
      assert.equal(exitCode, 0, stderr)
      return JSON.parse(stdout) as Record<string, string>
    }
    const made = await exported('image')
    const tag = layout.version.replaceAll('+', '-')
    assert.deepEqual([made.name, made.tag], [`${layout.type}-${layout.arch}`, tag])
    const inspected = await execute(['skopeo', 'inspect', `oci:${at('image')}:${tag}`])
    assert.equal(inspected.exitCode, 0, inspected.stderr)
    const facts = JSON.parse(inspected.stdout) as {
      Digest: string
      Architecture: string
      Layers: string[]
      Labels: object
    }
    assert.deepEqual(
      [facts.Digest, facts.Architecture, facts.Layers],
      [made.digest, layout.arch, [`sha256:${record.output.sha256}`]],
    )
    assert.deepEqual(facts.Labels, {
      'org.opencontainers.image.title': made.name,
      'org.opencontainers.image.version': layout.version,
      'bootstrap_sdk.record.sha256': await sha256File(sideFiles(archive).record),
      'bootstrap_sdk.seed.sha256': record.inputs.seed.sha256,
    })
    // What an engine unpacks of the layer has to be what the image says that it is.
    assert.equal(
      (await execute(['skopeo', 'copy', `oci:${at('image')}:${tag}`, `dir:${at('copy')}`])).exitCode,
      0,
    )
    const blob = path.join(at('image'), 'blobs/sha256', record.output.sha256)
    const unpacked = await execute(['bash', '-c', 'zstd -dc "$0" | sha256sum', blob])
    const config = await execute(['skopeo', 'inspect', '--config', `oci:${at('image')}:${tag}`])
    const { rootfs } = JSON.parse(config.stdout) as { rootfs: { diff_ids: string[] } }
    assert.deepEqual(rootfs.diff_ids, [`sha256:${unpacked.stdout.slice(0, 64)}`])

    await exported('again')
    const diff = await execute(['diff', '-r', at('image'), at('again')])
    assert.deepEqual([diff.exitCode, diff.stdout], [0, ''])
    await exported('one.tar')
    await exported('two.tar')
    assert.deepEqual(readFileSync(at('one.tar')), readFileSync(at('two.tar')))
    assert.equal((await execute(['skopeo', 'inspect', `oci-archive:${at('one.tar')}:${tag}`])).exitCode, 0)

    // Docker's own format: plain layers, the same name and configuration.
    const docker = async (name: string): Promise<Record<string, string>> => {
      const ran = await cli(['export', 'sdk', ...place, '--json', '--docker_archive', at(name)])
      assert.equal(ran.exitCode, 0, ran.stderr)
      return JSON.parse(ran.stdout) as Record<string, string>
    }
    const packed = await docker('docker.tar')
    assert.deepEqual([packed.name, packed.tag], [made.name, made.tag])
    const loaded = await execute([
      'skopeo',
      'inspect',
      '--config',
      `docker-archive:${at('docker.tar')}:${made.name}:${tag}`,
    ])
    assert.deepEqual(JSON.parse(loaded.stdout), JSON.parse(config.stdout), loaded.stderr)
    const raw = await execute(['bash', '-c', 'tar -xOf "$0" manifest.json', at('docker.tar')])
    const [entry] = JSON.parse(raw.stdout) as [{ Config: string; Layers: string[]; RepoTags: string[] }]
    assert.deepEqual(entry, {
      ...{ Config: `${packed.digest?.slice(7)}.json`, RepoTags: [`${made.name}:${tag}`] },
      Layers: [`${record.output.tarSha256}.tar`],
    })
    await docker('docker2.tar')
    assert.deepEqual(readFileSync(at('docker.tar')), readFileSync(at('docker2.tar')))
    const both = await cli(['export', ...place, '--oci', at('x'), '--docker_archive', at('y.tar')])
    assert.deepEqual([both.exitCode, /found two of them/.test(both.stderr)], [2, true])

    const full = await cli(['export', ...place, '--oci', at('image')])
    assert.deepEqual([full.exitCode, /is there already/.test(full.stderr)], [2, true])
    symlinkSync('nowhere', at('dangling'))
    await must({ argv: ['mkfifo', at('fifo.tar')] })
    const refused: [string, number][] = [
      ['dangling', 2],
      ['fifo.tar', 2],
      ['image/index.json', 2],
      ['image/index.json/below', 3],
      ['image/index.json/below.tar', 3],
    ]
    for (const [name, code] of refused) {
      const { exitCode, stderr } = await cli(['export', 'sdk', ...place, '--oci', at(name)])
      assert.equal(exitCode, code, `${name}: ${stderr}`)
      assert.match(stderr, /is there already|cannot be made/, name)
    }
    mkdirSync(at('empty'))
    await exported('empty')
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('.partial-')),
      [],
      'half an image',
    )
    assert.equal((await cli(['export', 'stage2', ...place, '--oci', at('none')])).exitCode, 2)
    assert.deepEqual(readdirSync(path.join(layout.root, 'work')), [])

    const seed = await layerOfImage(`oci:${at('image')}:${tag}`)
    assert.equal(await sha256File(seed), record.output.sha256)
    assert.equal(await layerOfImage(`oci:${at('image')}`), seed)
    const plan = await cli([
      'plan',
      'stage1',
      ...place,
      '--seed_tarball',
      `oci:${at('image')}`,
      '--version',
      '2.0.0+b',
    ])
    assert.match(plan.stdout, new RegExp(record.output.sha256.slice(0, 16)), plan.stderr)
    await assert.rejects(layerOfImage(`oci:${at('image')}:other`), { code: 'SDK_SEED', message: /found 0/ })
    await assert.rejects(layerOfImage(`oci:${folder}`), { code: 'SDK_SEED', message: /index\.json/ })
    mkdirSync(at('bad'))
    writeFileSync(path.join(at('bad'), 'index.json'), '{}')
    await assert.rejects(layerOfImage(`oci:${at('bad')}`), {
      code: 'SDK_SEED',
      message: /not that of an OCI/,
    })
    writeFileSync(path.join(at('bad'), 'index.json'), `[${'0,'.repeat(2 ** 22)}0]`)
    await assert.rejects(layerOfImage(`oci:${at('bad')}`), {
      code: 'SDK_SEED',
      message: /index\.json: expected at most 4\.0 MiB, found 8\.0 MiB/,
    })
    // Whoever made an image chose what lies in it: links to files of this machine, and bytes that are not those of a name.
    writeFileSync(at('private'), 'secret:x:0')
    const { manifests } = JSON.parse(readFileSync(path.join(at('image'), 'index.json'), 'utf8')) as {
      manifests: [{ digest: string }]
    }
    const manifest = path.join('blobs', manifests[0].digest.replace(':', '/'))
    for (const name of ['index.json', manifest, path.relative(at('image'), seed)]) {
      const file = path.join(at('image'), name)
      const right = readFileSync(file)
      rmSync(file)
      symlinkSync(at('private'), file)
      await assert.rejects(layerOfImage(`oci:${at('image')}`), {
        code: 'SDK_SEED',
        message: /found a link to/,
      })
      rmSync(file)
      writeFileSync(file, right)
    }
    writeFileSync(seed, Buffer.concat([readFileSync(seed), Buffer.from([0])]))
    const argv = ['plan', 'stage1', ...place, '--version', '2.0.0+b', '--seed_tarball', `oci:${at('image')}`]
    const changed = await cli(argv)
    assert.deepEqual([changed.exitCode, changed.stdout], [4, ''])
    assert.match(changed.stderr, /expected the SHA-256 that is its name/)
  },
)
