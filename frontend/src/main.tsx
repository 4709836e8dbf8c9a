import "./app/mantine.css";
import "./app/tokens.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { shareNonce } from "./app/nonce";
import { listenToKeys } from "./core/keyboard";

shareNonce();
listenToKeys();

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
