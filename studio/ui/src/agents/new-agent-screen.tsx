import { AgentEditor } from './agent-editor';

/** Makes an agent. */
export default function NewAgentScreen() {
  return <AgentEditor agent={null} />;
}
