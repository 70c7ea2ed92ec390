// ControllerRevisions: their data and the hashes of it.
import { expect } from 'chai'
import { hashControllerRevision } from '../apimachinery/template-hash/template-hash.ts'
import { dataText, templatePatch } from './history.ts'

describe('ControllerRevision', () => {
  it('is hashed as a real controller hashes it', () => {
    const template = {
      metadata: { labels: { app: 'db' } },
      spec: {
        containers: [
          {
            name: 'db',
            image: 'postgres:17',
            ports: [{ containerPort: 5432, protocol: 'TCP' }],
            resources: {},
            volumeMounts: [{ name: 'data', mountPath: '/data' }],
            terminationMessagePath: '/dev/termination-log',
            terminationMessagePolicy: 'File',
            imagePullPolicy: 'IfNotPresent',
          },
        ],
        restartPolicy: 'Always',
        terminationGracePeriodSeconds: 30,
        dnsPolicy: 'ClusterFirst',
        securityContext: {},
        schedulerName: 'default-scheduler',
      },
    }
    expect(hashControllerRevision(dataText(templatePatch(template)), 0)).to.equal('788747bf4f')
  })

  it('is written with the escapes of Go', () => {
    expect(dataText({ a: '<b>&\u2028' })).to.equal('{"a":"\\u003cb\\u003e\\u0026\\u2028"}')
  })
})
