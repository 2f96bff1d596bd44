package config

func Load() Config {
	return Config{
		Port:   getEnv("PORT", "3101"),
		Other:  getEnv("PORT", "3200"),
		DBPort: getEnv("DB_PORT", "5432"),
	}
}
