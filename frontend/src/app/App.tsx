import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { onSessionEnded } from "@/api/client";
import { makeQueryClient } from "@/api/queries";
import { styleNonce } from "./nonce";
import { makeRouter } from "./router";
import { theme, variables } from "./theme";

export function App() {
  const [{ router, queries }] = useState(() => {
    const client = makeQueryClient();
    return { queries: client, router: makeRouter(client) };
  });
  useEffect(() => {
    onSessionEnded(() => {
      if (location.pathname === "/login") return;
      queries.clear();
      void router.navigate({ to: "/login", search: { next: `${location.pathname}${location.search}` } });
    });
  }, [router, queries]);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce() ?? ""}
    >
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  );
}
