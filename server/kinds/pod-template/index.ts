// What kinds with a pod template share: defaults, validation and warnings.
export { defaultPodSpec, defaultPodTemplate } from './defaults.ts'
export { validateLabelSelector } from '../../apimachinery/validation.ts'
