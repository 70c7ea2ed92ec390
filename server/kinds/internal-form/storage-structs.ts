// Fields of the structs in which upstream's API server holds attachments of volumes, as structs.ts has those of core.
// Source: pkg/apis/storage, types.go; pkg/apis/core, PersistentVolumeSpec (v1.36)

export const storageStructs: Readonly<Record<string, string>> = {
  PersistentVolumeSpec: `
    Capacity=map ...PersistentVolumeSource AccessModes=[]string ClaimRef=*ObjectReference
    PersistentVolumeReclaimPolicy StorageClassName MountOptions=[]string VolumeMode=*string
    NodeAffinity=*VolumeNodeAffinity VolumeAttributesClassName=*string`,
  VolumeAttachmentSource: 'PersistentVolumeName=*string InlineVolumeSpec=*PersistentVolumeSpec',
  VolumeAttachmentSpec: 'Attacher Source=VolumeAttachmentSource NodeName',
}
