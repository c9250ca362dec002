/** A prompt with the names that lack a value marked. */
export function Prompt({ text, missing }: { text: string; missing: readonly string[] }) {
  const parts = text.split(/(\{\{[^{}]*\}\})/);
  return (
    <p className="prompt">
      {parts.map((part, i) => {
        const name = /^\{\{\s*(.*?)\s*\}\}$/.exec(part)?.[1];
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text have no other name
        return name !== undefined && missing.includes(name) ? <mark key={i}>{part}</mark> : part;
      })}
    </p>
  );
}
