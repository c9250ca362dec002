import 'graphiql/setup-workers/vite';
import './style.css';

import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { useEffect, useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { EXAMPLES_PLUGIN } from './examples-panel.jsx';
import { OPENING_TABS } from './examples.js';
import { createFetcher } from './fetcher.js';
import { Attachments, FILES_PLUGIN } from './files-panel.jsx';
import { KeyBar } from './key-bar.jsx';
import { storedKey, storeKey, takeKeyFromAddress } from './key.js';
import { organization } from './session.js';
import { storage } from './storage.js';
import { FollowTheme } from './theme.jsx';
import { WrapLines } from './wrap-lines.jsx';

const PLUGINS = [EXAMPLES_PLUGIN, FILES_PLUGIN, HISTORY_PLUGIN];

// Windows narrower than this have no room for a panel beside the editors, which
// style.css puts one above the other.
const NARROW = 720;

// What the variables editor cannot know: which scalars are not plain values.
const SCALARS = { JSONObject: { type: 'object' } };

// Playground is the whole page: the key on top, GraphiQL below. A new key makes
// a new fetcher, and a new fetcher makes GraphiQL read the schema again.
function Playground() {
  const [key, setKey] = useState(storedKey);
  const [objection, setObjection] = useState(null);
  const [attachments, setAttachments] = useState([{ path: 'input.contacts.file', file: null }]);
  const latest = useRef(attachments);
  latest.current = attachments;

  const fetcher = useMemo(
    () => createFetcher({ key, organization, attachments: () => latest.current, onSchema: setObjection }),
    [key],
  );
  const useKey = (value) => {
    storeKey(value);
    setObjection(null);
    setKey(value);
  };
  useEffect(() => {
    const onHashChange = () => {
      takeKeyFromAddress();
      useKey(storedKey());
    };
    addEventListener('hashchange', onHashChange);
    return () => removeEventListener('hashchange', onHashChange);
  }, []);

  return (
    <Attachments value={{ attachments, setAttachments }}>
      <KeyBar current={key} objection={objection} onUse={useKey} />
      <GraphiQL
        fetcher={fetcher}
        plugins={PLUGINS}
        visiblePlugin={innerWidth < NARROW ? undefined : EXAMPLES_PLUGIN}
        defaultTabs={OPENING_TABS}
        defaultEditorToolsVisibility="variables"
        customScalarSchemas={SCALARS}
        shouldPersistHeaders={false}
        storage={storage}
      >
        <GraphiQL.Logo><FollowTheme /><WrapLines /></GraphiQL.Logo>
      </GraphiQL>
    </Attachments>
  );
}

takeKeyFromAddress();
createRoot(document.getElementById('root')).render(<Playground />);
