import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { EXAMPLES } from './examples.js';

const KINDS = [['query', 'Queries'], ['mutation', 'Mutations'], ['subscription', 'Subscriptions']];

function ExamplesPanel() {
  const open = useOpenExample();
  return (
    <section className="panel">
      <h2>Examples</h2>
      {KINDS.map(([kind, title]) => (
        <div key={kind}>
          <h3>{title}</h3>
          <ul className="examples">
            {EXAMPLES.filter((example) => example.kind === kind).map((example) => (
              <li key={example.name}>
                <button type="button" className="panel-link" onClick={() => open(example)}>{example.name}</button>
                <span>{example.summary}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </section>
  );
}

// useOpenExample returns a function that shows an example: in the tab that
// already has its name, else in a new one.
function useOpenExample() {
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL(
    ({ tabs, activeTabIndex, queryEditor, variableEditor }) => ({ tabs, activeTabIndex, queryEditor, variableEditor }),
  );
  const { addTab, changeTab } = useGraphiQLActions();
  return ({ name, query, variables }) => {
    const index = tabs.findIndex((tab) => tab.title === name);
    if (index === activeTabIndex) return;
    if (index >= 0) {
      changeTab(index);
      return;
    }
    addTab();
    queryEditor.setValue(query);
    variableEditor.setValue(variables);
  };
}

function ExamplesIcon() {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M9 18h6M10 21h4M8.5 14.5a6 6 0 1 1 7 0c-.6.5-1 1.2-1 2h-5c0-.8-.4-1.5-1-2Z" />
    </svg>
  );
}

// EXAMPLES_PLUGIN lists an example for each operation of the schema.
export const EXAMPLES_PLUGIN = { title: 'Examples', icon: ExamplesIcon, content: ExamplesPanel };
