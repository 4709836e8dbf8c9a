import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from "@mantine/core";

/** The one accent: deep water. */
const dam: MantineColorsTuple = [
  "#eef7f9",
  "#d8ecf0",
  "#aed9e2",
  "#82c6d4",
  "#58b2c4",
  "#379bae",
  "#228196",
  "#176a7b",
  "#115564",
  "#0b404c",
];

const dark: MantineColorsTuple = [
  "#d9dde1",
  "#b4bbc2",
  "#9aa3ac",
  "#6d7780",
  "#3b434a",
  "#2b3238",
  "#20262b",
  "#14181b",
  "#101315",
  "#0b0d0f",
];

export const theme = createTheme({
  primaryColor: "dam",
  primaryShade: { light: 7, dark: 7 },
  colors: { dam, dark },
  fontFamily: 'Inter, "Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif',
  fontFamilyMonospace: 'ui-monospace, "JetBrains Mono", "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  defaultRadius: 6,
  cursorType: "pointer",
  respectReducedMotion: true,
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.125rem" },
  headings: { fontWeight: "600", sizes: { h1: { fontSize: "1.125rem" }, h2: { fontSize: "0.9375rem" } } },
  components: {
    Tooltip: { defaultProps: { openDelay: 500, withArrow: false, transitionProps: { duration: 80 } } },
    Button: { defaultProps: { size: "xs" }, styles: { label: { fontWeight: 500 } } },
    ActionIcon: { defaultProps: { variant: "subtle", color: "gray", size: "md" } },
    TextInput: { defaultProps: { size: "xs" } },
    PasswordInput: { defaultProps: { size: "sm" } },
    Select: { defaultProps: { size: "xs", allowDeselect: false } },
    NativeSelect: { defaultProps: { size: "xs" } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.4 } } },
    Menu: { defaultProps: { shadow: "md", transitionProps: { duration: 80 } } },
  },
});

const ours = {
  "--mantine-color-body": "var(--cd-bg)",
  "--mantine-color-text": "var(--cd-text)",
  "--mantine-color-dimmed": "var(--cd-dim)",
  "--mantine-color-placeholder": "var(--cd-dim)",
};

/** Mantine's colours of page and text are those of tokens.css. */
export const variables: CSSVariablesResolver = () => ({ variables: {}, light: ours, dark: ours });
