"""The guide, in English and in Chinese: `guide.en.md`, `guide.zh.md`. `shortlist demo` searches the Chinese one."""
