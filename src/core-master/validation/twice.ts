/** The items that came before in the list, in one pass: lists of peers are as long as a body may be. */
export const twiceOf = (items: readonly string[]): readonly string[] => {
  const seen = new Set<string>()
  return items.filter((item) => {
    const isTwice = seen.has(item)
    seen.add(item)
    return isTwice
  })
}

/** The first of them. */
export const firstTwice = (items: readonly string[]): string | undefined => twiceOf(items)[0]
