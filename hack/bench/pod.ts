// The pod that is measured: 2.3 KiB of JSON as it is sent, 5.4 KiB as it is served, with its managed fields.
import type { AnyObject } from '../../server/apimachinery/types.ts'

const labels = { app: 'bench', 'app.kubernetes.io/name': 'bench', 'pod-template-hash': '6c8f9d7b54', tier: 'backend' }
const probe = { httpGet: { path: '/healthz', port: 8080 }, initialDelaySeconds: 3, periodSeconds: 10 }
const resources = { requests: { cpu: '100m', memory: '128Mi' }, limits: { cpu: '500m', memory: '256Mi' } }

/** About 2.3 KiB of JSON. */
export function sentPod(name: string, namespace = 'default'): AnyObject {
  const container = (which: string, port: number): object => ({
    name: which,
    image: `registry.example.com/team/${which}:v1.24.3`,
    args: ['--listen=0.0.0.0:8080', '--log-level=info', '--feature-gates=A=true,B=false'],
    ports: [{ name: 'http', containerPort: port, protocol: 'TCP' }],
    env: [
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
      { name: 'POD_NAMESPACE', valueFrom: { fieldRef: { fieldPath: 'metadata.namespace' } } },
      { name: 'DATABASE_URL', value: 'postgres://database.example.svc.cluster.local:5432/bench' },
      { name: 'CACHE_URL', value: 'redis://cache.example.svc.cluster.local:6379/0' },
      { name: 'QUEUE_URL', value: 'amqp://queue.example.svc.cluster.local:5672/bench' },
      { name: 'WORKERS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'bench-credentials', key: 'password' } } },
    ],
    resources,
    volumeMounts: [
      { name: 'config', mountPath: '/etc/bench', readOnly: true },
      { name: 'cache', mountPath: '/var/cache/bench' },
    ],
    livenessProbe: probe,
    readinessProbe: probe,
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  })
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels,
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '8080' },
    },
    spec: {
      containers: [container('server', 8080)],
      volumes: [
        { name: 'config', configMap: { name: 'bench-config' } },
        { name: 'cache', emptyDir: {} },
      ],
      nodeSelector: { 'kubernetes.io/os': 'linux' },
      tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'bench', effect: 'NoSchedule' }],
      serviceAccountName: 'default',
      terminationGracePeriodSeconds: 30,
    },
  }
}
