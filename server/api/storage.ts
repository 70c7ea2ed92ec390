// Types of the group storage.k8s.io, as on the wire.
import type {
  StorageV1TokenRequest,
  V1CSIDriver,
  V1CSIDriverSpec,
  V1CSINode,
  V1CSINodeDriver,
  V1CSINodeSpec,
  V1CSIStorageCapacity,
  V1StorageClass,
  V1VolumeAttachment,
  V1VolumeAttachmentSource,
  V1VolumeAttachmentSpec,
  V1VolumeAttachmentStatus,
  V1VolumeAttributesClass,
  V1VolumeError,
  V1VolumeNodeResources,
} from '@kubernetes/client-node'
import type { Wire } from '../apimachinery/types.ts'

export type CSIDriver = Wire<V1CSIDriver>
export type CSIDriverSpec = Wire<V1CSIDriverSpec>
export type CSINode = Wire<V1CSINode>
export type CSINodeDriver = Wire<V1CSINodeDriver>
export type CSINodeSpec = Wire<V1CSINodeSpec>
export type CSIStorageCapacity = Wire<V1CSIStorageCapacity>
export type StorageClass = Wire<V1StorageClass>
export type TokenRequest = Wire<StorageV1TokenRequest>
export type VolumeAttachment = Wire<V1VolumeAttachment>
export type VolumeAttachmentSource = Wire<V1VolumeAttachmentSource>
export type VolumeAttachmentSpec = Wire<V1VolumeAttachmentSpec>
export type VolumeAttachmentStatus = Wire<V1VolumeAttachmentStatus>
export type VolumeAttributesClass = Wire<V1VolumeAttributesClass>
export type VolumeError = Wire<V1VolumeError>
export type VolumeNodeResources = Wire<V1VolumeNodeResources>
