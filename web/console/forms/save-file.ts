/** Gives the person a file. */
export function saveFile(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  // The browser has taken the file by the next turn; the address would keep it in memory.
  setTimeout(() => URL.revokeObjectURL(url), 1_000)
}

/** Gives the person a file that was written here. */
export function saveText(name: string, mediaType: string, text: string): void {
  saveFile(name, new Blob([text], { type: mediaType }))
}
