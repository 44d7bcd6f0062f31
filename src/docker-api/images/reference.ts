import { familiar } from '../../constraints/images.ts'

/** Docker's bound on the repository part of a reference. */
const maxRepositoryLength = 255
/** A longer text is none, whatever it is made of: repository, tag and digest have their bounds. */
const maxReferenceLength = 1024

const component = /[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*/.source
const domain = /[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d+)?/.source
const pattern = new RegExp(
  `^((?:${domain}/)?${component}(?:/${component})*)(?::\\w[\\w.-]{0,127})?(?:@\\w+(?:[-_+.]\\w+)*:[0-9a-fA-F]{32,})?$`,
)

/** `repository[:tag][@digest]` (distribution `reference` grammar). */
export const isReference = (text: string): boolean => {
  if (text.length > maxReferenceLength) return false
  const repository = pattern.exec(text)?.[1]
  return repository !== undefined && repository.length <= maxRepositoryLength
}

/** The name under which engines list it: `busybox` is `busybox:latest`, Docker Hub's long forms are short. */
export const familiarName = (reference: string): string => familiar(reference).name
