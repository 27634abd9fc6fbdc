import { DistillError } from '@distilljs/core';
import { dirname } from 'node:path';
import { stringify } from 'yaml';
import type { ClusterJobs } from './waves.js';

export interface KubernetesOptions {
  /** The container image with `distill-bench`. */
  readonly image: string;
  /** The volume claim that holds the run folder, shared by all pods. */
  readonly claim: string;
}

/** A ConfigMap holds a megabyte. */
const MOST_TEXT = 1_000_000;

/**
 * An Indexed Job per wave, and a job for the report. All but the first are suspended, because Kubernetes has no order between jobs; the
 * comment at the top tells how to start the next one.
 *
 * @throws DistillError code `config` for more cells than a ConfigMap holds
 */
export function kubernetesManifest(jobs: ClusterJobs, { image, claim }: KubernetesOptions): string {
  const { waves, name, tasks } = jobs;
  const lists = Object.fromEntries(waves.map((cells, at) => [`wave-${at + 1}`, `${cells.join('\n')}\n`]));
  const size = Object.values(lists).reduce((sum, text) => sum + text.length, 0);
  if (size > MOST_TEXT)
    throw new DistillError({
      code: 'config',
      where: '--format k8s',
      expected: 'names of cells that fit into a ConfigMap (1 MB)',
      got: `${size} characters`,
      hint: 'Run `distill-bench worker` in a Deployment, and put the cells into a queue with `submit`.',
    });
  const names = [...waves.map((_, at) => `${name}-${at + 1}`), `${name}-report`];
  const documents = [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: lists },
    ...waves.map((cells, at) => {
      const count = Math.min(cells.length, tasks);
      const script = severalCells(jobs.command, at + 1, count);
      const one = `exec ${jobs.command} train "$RUN" "$(sed -n "$((JOB_COMPLETION_INDEX + 1))p" /cells/wave-${at + 1})" --take-over`;
      return job(names[at] ?? name, at > 0, count, count === cells.length ? one : script);
    }),
    job(`${name}-report`, waves.length > 0, 1, `exec ${jobs.command} report "$RUN"`),
  ];
  function job(jobNamed: string, suspend: boolean, completions: number, script: string): object {
    return {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: jobNamed, labels: { app: name } },
      spec: {
        completions,
        parallelism: Math.min(completions, PARALLEL),
        completionMode: 'Indexed',
        suspend,
        // Pods ended by a node drain or preemption do not count as failures: the cell continues from its checkpoint.
        backoffLimitPerIndex: 3,
        podFailurePolicy: {
          rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
        },
        template: { metadata: { labels: { app: name } }, spec: pod(script) },
      },
    };
  }
  function pod(script: string): object {
    const gpu = jobs.needsGpu ? { 'nvidia.com/gpu': '1' } : {};
    return {
      restartPolicy: 'Never',
      // A training ends after the current step and saves a checkpoint.
      terminationGracePeriodSeconds: 120,
      containers: [
        {
          name: 'train',
          image,
          command: ['bash', '-c', script],
          env: [{ name: 'RUN', value: jobs.at }],
          resources: { requests: { cpu: '2', memory: '4Gi' }, limits: { memory: '8Gi', ...gpu } },
          volumeMounts: [
            { name: 'runs', mountPath: dirname(jobs.at) },
            { name: 'cells', mountPath: '/cells' },
          ],
        },
      ],
      volumes: [
        { name: 'runs', persistentVolumeClaim: { claimName: claim } },
        { name: 'cells', configMap: { name } },
      ],
    };
  }
  const steps = names.flatMap((each, at) => [
    ...(at === 0 ? [] : [`kubectl patch job/${each} --type=merge -p '{"spec":{"suspend":false}}'`]),
    `kubectl wait job/${each} --for=condition=complete --timeout=-1s`,
  ]);
  const comment = ['kubectl apply -f THIS_FILE', ...steps].map((line) => `#   ${line}`).join('\n');
  return `# Teachers before students, the report at the end:\n${comment}\n${documents
    .map((document) => `---\n${stringify(document, { lineWidth: 0 })}`)
    .join('')}`;
}

/** Pods at a time; edit `parallelism` for more. */
const PARALLEL = 8;

/** A pod that trains every `tasks`-th cell of a wave. On SIGTERM it ends the running training and exits. */
const severalCells = (command: string, wave: number, tasks: number): string => `failed=0; child=; stopped=0
trap 'stopped=1; if [ -n "$child" ]; then kill -TERM "$child"; fi' TERM
for cell in $(awk -v task="$JOB_COMPLETION_INDEX" '(NR - 1) % ${tasks} == task' /cells/wave-${wave}); do
  ${command} train "$RUN" "$cell" --take-over &
  child=$!
  wait "$child"; status=$?
  if [ "$stopped" = 1 ]; then wait "$child"; exit 130; fi
  if [ "$status" != 0 ]; then failed=1; fi
done
exit "$failed"
`;
