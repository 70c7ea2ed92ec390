// DefaultIngressClass: an ingress that names no class gets the default one.
// Source: plugin/pkg/admission/network/defaultingressclass (v1.36)
import type { Ingress } from '../api/networking.ts'
import { newestDefault } from './default-class.ts'
import { isFor } from './forbidden.ts'
import type { AdmissionPlugin } from './plugin.ts'

const annotations = ['ingressclass.kubernetes.io/is-default-class']

export const defaultIngressClass: AdmissionPlugin = {
  name: 'DefaultIngressClass',

  admit(attributes, reader) {
    if (attributes.operation !== 'CREATE' || !isFor(attributes, 'networking.k8s.io', 'ingresses')) return
    const ingress = attributes.object as Ingress | undefined
    if (ingress === undefined || ingress.spec?.ingressClassName !== undefined) return
    if (ingress.metadata?.annotations?.['kubernetes.io/ingress.class'] !== undefined) return
    const name = newestDefault(reader.list('ingressclasses.networking.k8s.io'), annotations)
    if (name !== undefined) (ingress.spec ??= {}).ingressClassName = name
  },
}
