/** Gives the person a file that was made here. */
export function saveFile(name: string, mediaType: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: mediaType }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken the file by the next turn; the address would keep it in memory.
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}
