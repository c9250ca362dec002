import { createContext, useContext } from 'react';

// Attachments holds the chosen files outside the panel, which GraphiQL unmounts
// whenever another panel is opened.
const Context = createContext(null);
export const Attachments = Context.Provider;

function FilesPanel() {
  const { attachments, setAttachments } = useContext(Context);
  const change = (index, patch) =>
    setAttachments(attachments.map((row, i) => (i === index ? { ...row, ...patch } : row)));
  return (
    <section className="panel">
      <h2>Files</h2>
      <p>
        A file is sent where the variables hold <code>null</code> at its path, as the{' '}
        <em>GraphQL multipart request specification</em> has it.
      </p>
      {attachments.map((row, index) => (
        <Attachment key={index} index={index} {...row} onChange={(patch) => change(index, patch)} />
      ))}
      <button
        type="button"
        className="panel-button"
        onClick={() => setAttachments([...attachments, { path: '', file: null }])}
      >
        Add a file
      </button>
    </section>
  );
}

function Attachment({ index, path, file, onChange }) {
  return (
    <fieldset className="attachment">
      <label htmlFor={`file-path-${index}`}>Variable path</label>
      <input
        id={`file-path-${index}`}
        value={path}
        spellCheck={false}
        onChange={(event) => onChange({ path: event.target.value.trim() })}
      />
      {file ? (
        <p className="attachment-file">
          {file.name}, {file.size.toLocaleString()} bytes{' '}
          <button type="button" className="panel-link" onClick={() => onChange({ file: null })}>Remove</button>
        </p>
      ) : (
        <>
          <label htmlFor={`file-${index}`}>File</label>
          <input id={`file-${index}`} type="file" onChange={(event) => onChange({ file: event.target.files[0] ?? null })} />
        </>
      )}
    </fieldset>
  );
}

function FilesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M20 11.5 12.2 19.3a5 5 0 0 1-7-7l8.4-8.5a3.4 3.4 0 0 1 4.8 4.8l-8.4 8.4a1.7 1.7 0 0 1-2.4-2.4l7.7-7.7" />
    </svg>
  );
}

// FILES_PLUGIN adds file uploads to GraphiQL, which has none of its own.
export const FILES_PLUGIN = { title: 'Files', icon: FilesIcon, content: FilesPanel };
