/** Where the app starts in the browser: services, look and routes around the session's gate. */
import "./ui/mantine.css";
import "@mantine/notifications/styles.css";
import "./ui/base.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createAppRouter } from "./router.tsx";
import { createServices, ServicesProvider } from "./services.tsx";
import { theme, variables } from "./theme.ts";

const services = createServices();
const router = createAppRouter();
const colorScheme = localStorageColorSchemeManager({ key: "throughline.theme" });
const place = document.getElementById("app");
if (place === null) throw new Error("The page has no #app to stand in.");

createRoot(place).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      colorSchemeManager={colorScheme}
      defaultColorScheme="auto"
    >
      <Notifications position="bottom-right" limit={3} />
      <QueryClientProvider client={services.queries}>
        <ServicesProvider services={services}>
          <RouterProvider router={router} />
        </ServicesProvider>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
