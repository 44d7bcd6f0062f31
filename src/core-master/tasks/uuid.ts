/** Whether two status uuids are the same; an absent one is like no other. */
export const sameUuid = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && a.length === b?.length && a.every((byte, i) => byte === b[i])
