// What kinds with a pod template share: defaults, validation and warnings.
export { defaultPodSpec, defaultPodTemplate, dropDisabledPodFields } from './defaults.ts'
export { validatePodSpec, validatePodTemplate } from './pod-spec.ts'
export { podTemplateWarnings, podWarnings } from './warnings.ts'
export { validateLabelSelector } from '../../apimachinery/validation.ts'
