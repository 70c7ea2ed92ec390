// Table cells that kinds with a pod template or a selector share.
// Source: pkg/printers/internalversion, layoutContainerCells (v1.36)

interface TemplateLike {
  readonly spec?: { readonly containers: readonly { readonly name: string; readonly image?: string }[] }
}

/** `app,sidecar` */
export function containerNames(template: TemplateLike | undefined): string {
  return (template?.spec?.containers ?? []).map((one) => one.name).join(',')
}

/** `nginx:1.25,busybox` */
export function containerImages(template: TemplateLike | undefined): string {
  return (template?.spec?.containers ?? []).map((one) => one.image ?? '').join(',')
}

/** Labels as `a=b,c=d` in the order of their keys, or `<none>`. Source: apimachinery/pkg/labels, FormatLabels */
export function formatLabels(labels: Readonly<Record<string, string>> | undefined): string {
  const pairs = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? '<none>' : pairs.sort().join(',')
}
