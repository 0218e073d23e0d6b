// The jobs of a fleet in the words of the engines that run them (docs/fleet.md); pure. Each job is one command; the engine keeps two
// with one key from running at once, and takes a retry only where one may help.

import { RETRIES, SdkError } from '../../../errors.js'
import { shellWords } from '../../../process/shell-words.js'
import { STAGES } from '../../../sdk/stages.js'
import type { MatrixJob } from '../../answers/plan.js'

type Engine = (jobs: readonly MatrixJob[]) => string[]

/** Minutes after which a job is given up: what takes four times as long as usual hangs. */
const limit = (minutes: number | null): number | undefined =>
  minutes === null ? undefined : 4 * minutes + 30

/** The name of the lock that two jobs of the same work share. */
const lock = ({ key, id }: MatrixJob): string => (key === null ? id : `stage-${key.slice(0, 32)}`)

const oneLine = (value: unknown): string[] => [JSON.stringify(value)]

/** JSON is YAML, too. */
const document = (value: unknown): string[] => JSON.stringify(value, null, 2).split('\n')

/** By stage a `strategy.matrix`, in one line for GITHUB_OUTPUT; a stage without jobs has an empty list. */
const github: Engine = (jobs) =>
  oneLine(
    Object.fromEntries(
      STAGES.map((stage) => {
        const include = jobs
          .filter((job) => job.stage === stage)
          .map((job) => ({
            ...{ id: job.id, key: lock(job), version: job.version },
            runs_on: job.labels.length > 0 ? job.labels : ['ubuntu-latest'],
            timeout: limit(job.minutes) ?? 360,
            run: shellWords(job.command),
          }))
        return [stage, { include }]
      }),
    ),
  )

/** A child pipeline. */
const gitlab: Engine = (jobs) =>
  document({
    stages: STAGES.filter((stage) => jobs.some((job) => job.stage === stage)),
    ...Object.fromEntries(
      jobs.map((job) => [
        job.id,
        {
          stage: job.stage,
          needs: job.needs,
          ...(job.labels.length === 0 ? {} : { tags: job.labels }),
          resource_group: lock(job),
          retry: { max: 2, exit_codes: RETRIES.worth },
          ...(job.minutes === null ? {} : { timeout: `${limit(job.minutes)} minutes` }),
          script: [shellWords(job.command)],
        },
      ]),
    ),
  })

/** A list for a master's configuration (ci/buildbot/master.cfg). */
const buildbot: Engine = (jobs) => document({ format: 1, jobs, retry: RETRIES })

/** A script that hands the jobs in: each after the one that it needs, none beside another one of its name. */
const slurm: Engine = (jobs) => {
  const variable = new Map(jobs.map(({ id }, index) => [id, `job${index}`]))
  const options = (job: MatrixJob): string[] => [
    // What waits for a job that failed would wait for ever.
    ...[`--job-name=${lock(job)}`, `--comment=${job.id}`, '--requeue', '--kill-on-invalid-dep=yes'],
    ...(job.cores === null ? [] : [`--cpus-per-task=${job.cores}`]),
    ...(job.memory === null ? [] : [`--mem=${job.memory}G`]),
    ...(job.disk === null ? [] : [`--tmp=${job.disk}G`]),
    ...(job.minutes === null ? [] : [`--time=${limit(job.minutes)}`]),
    ...(job.labels.length === 0 ? [] : [`--constraint=${job.labels.join('&')}`]),
  ]
  const after = ({ needs }: MatrixJob): string => needs.map((id) => `afterok:$${variable.get(id)},`).join('')
  return [
    '#!/bin/bash',
    '# Written by plan --matrix slurm. Options for every job: SBATCH_… of the environment, or words behind this script.',
    `# Exit codes that are worth a retry (${RETRIES.worth.join(', ')}) put the job back into the queue, three times at most.`,
    'set -euo pipefail',
    ...jobs.map((job) => {
      const script = [
        '#!/bin/bash',
        `${shellWords(job.command)}; code=$?`,
        `case $code in ${RETRIES.worth.join('|')}) ((\${SLURM_RESTART_COUNT:-0} < 3)) && scontrol requeue "$SLURM_JOB_ID" ;; esac`,
        'exit $code',
      ]
      const words = shellWords(['sbatch', '--parsable', ...options(job)])
      const text = script.map((line) => shellWords([line])).join(' ')
      return `${variable.get(job.id)}=$(printf '%s\\n' ${text} | ${words} --dependency="${after(job)}singleton" "$@")`
    }),
    `printf '%s\\n' ${jobs.map(({ id }) => `"$${variable.get(id)}  ${id}"`).join(' ')}`,
  ]
}

/** What all pods have the catalyst root on. */
const VOLUME = 'catalyst'

/** A Workflow whose tasks are a graph. */
const argo: Engine = (jobs) =>
  document({
    apiVersion: 'argoproj.io/v1alpha1',
    kind: 'Workflow',
    metadata: { generateName: 'bootstrap-sdk-' },
    spec: {
      entrypoint: 'fleet',
      arguments: { parameters: [{ name: 'image' }, { name: 'claim' }] },
      volumes: [{ name: VOLUME, persistentVolumeClaim: { claimName: '{{workflow.parameters.claim}}' } }],
      templates: [
        {
          name: 'fleet',
          dag: {
            tasks: jobs.map(({ id, needs }) => ({
              name: id,
              template: id,
              ...(needs.length === 0 ? {} : { dependencies: needs }),
            })),
          },
        },
        ...jobs.map(argoTemplate),
      ],
    },
  })

function argoTemplate(job: MatrixJob): object {
  const requests = {
    ...(job.cores === null ? {} : { cpu: String(job.cores) }),
    ...(job.memory === null ? {} : { memory: `${job.memory}Gi` }),
    ...(job.disk === null ? {} : { 'ephemeral-storage': `${job.disk}Gi` }),
  }
  const worth = RETRIES.worth.map((code) => `lastRetry.exitCode == '${code}'`).join(' || ')
  const seconds = limit(job.minutes)
  const root = job.command[job.command.indexOf('--catalyst_root') + 1]
  const isNamed = job.command.includes('--catalyst_root')
  return {
    name: job.id,
    nodeSelector: { 'kubernetes.io/arch': job.arch },
    synchronization: { mutexes: [{ name: lock(job) }] },
    retryStrategy: { limit: '3', retryPolicy: 'Always', expression: worth },
    ...(seconds === undefined ? {} : { activeDeadlineSeconds: seconds * 60 }),
    container: {
      // What Argo calls it whatever it is called; its schema wants a name.
      name: 'main',
      image: '{{workflow.parameters.image}}',
      command: job.command.slice(0, 1),
      args: job.command.slice(1).map(argoWord),
      securityContext: { privileged: true },
      ...(isNamed ? { volumeMounts: [{ name: VOLUME, mountPath: root }] } : {}),
      ...(Object.keys(requests).length === 0 ? {} : { resources: { requests } }),
    },
  }
}

/** A word that Kubernetes, which reads `$(NAME)` and `$$` in it, hands on as it is. @throws SdkError SDK_USAGE for one that Argo cannot have */
function argoWord(word: string): string {
  if (!word.includes('{{')) return word.replaceAll('$', '$$$$')
  throw new SdkError('SDK_USAGE', `--matrix argo: expected words without {{, found ${word}`, {
    hint: 'Argo takes what follows for the name of a parameter, and knows no way to say that it is none: give another name',
  })
}

const ENGINES = { github, gitlab, buildbot, slurm, argo } as const satisfies Record<string, Engine>

/** The jobs as `engine` reads them, in lines. */
export const matrixLines = (engine: keyof typeof ENGINES, jobs: readonly MatrixJob[]): string[] =>
  ENGINES[engine](jobs)
