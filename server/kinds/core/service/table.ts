// Cells of a service that are made of several fields.
// Source: pkg/printers/internalversion, getServiceExternalIP, makePortString (v1.36)
import type { Service } from '../../../api/core.ts'

/** `<pending>` until a load balancer has told its address. */
export function externalIP({ spec = {}, status }: Service): string {
  const { type, externalIPs = [], externalName = '' } = spec
  switch (type) {
    case 'ClusterIP':
    case 'NodePort':
      return externalIPs.join(',') || '<none>'
    case 'LoadBalancer': {
      const ingresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
      const balancers = [...new Set(ingresses.filter((one) => one !== ''))].sort()
      return [...balancers, ...externalIPs].join(',') || '<pending>'
    }
    case 'ExternalName':
      return externalName
    default:
      return '<unknown>'
  }
}

/** `80/TCP,443:30443/TCP` */
export function ports({ spec }: Service): string {
  const printed = (spec?.ports ?? []).map(({ port, nodePort = 0, protocol }) =>
    nodePort > 0 ? `${port}:${nodePort}/${protocol}` : `${port}/${protocol}`,
  )
  return printed.join(',') || '<none>'
}
