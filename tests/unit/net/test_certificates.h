#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

namespace pulse::net {

/// A certificate authority made for one test, with a server certificate for "server.test" and
/// 127.0.0.1 in a folder of its own.
class TestCertificates {
public:
    TestCertificates() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "pulse-tls-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        Key ca_key{EVP_EC_gen("P-256")};
        Key key{EVP_EC_gen("P-256")};
        Certificate ca = make("Test authority", ca_key.get(), nullptr, ca_key.get(), 1);
        Certificate server = make("server.test", key.get(), ca.get(), ca_key.get(), 2);
        write(authority(), [&](BIO* out) { PEM_write_bio_X509(out, ca.get()); });
        write(certificate(), [&](BIO* out) { PEM_write_bio_X509(out, server.get()); });
        write(private_key(), [&](BIO* out) {
            PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
        write(other_key(), [&](BIO* out) {
            PEM_write_bio_PrivateKey(out, ca_key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }
    ~TestCertificates() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    TestCertificates(const TestCertificates&) = delete;
    TestCertificates& operator=(const TestCertificates&) = delete;

    [[nodiscard]] std::filesystem::path authority() const { return folder_ / "ca.pem"; }
    [[nodiscard]] std::filesystem::path certificate() const { return folder_ / "server.pem"; }
    [[nodiscard]] std::filesystem::path private_key() const { return folder_ / "server.key"; }
    [[nodiscard]] std::filesystem::path other_key() const { return folder_ / "other.key"; }

private:
    struct Free {
        void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
        void operator()(X509* certificate) const { X509_free(certificate); }
        void operator()(BIO* bio) const { BIO_free(bio); }
    };
    using Key = std::unique_ptr<EVP_PKEY, Free>;
    using Certificate = std::unique_ptr<X509, Free>;

    /// `issuer` null: signs itself, as an authority.
    static Certificate make(
        const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, long serial) {
        Certificate made{X509_new()};
        X509* const certificate = made.get();
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        X509_NAME_add_entry_by_txt(
            X509_get_subject_name(certificate),
            "CN",
            MBSTRING_ASC,
            reinterpret_cast<const unsigned char*>(name),
            -1,
            -1,
            0);
        X509* const signer = issuer == nullptr ? certificate : issuer;
        X509_set_issuer_name(certificate, X509_get_subject_name(signer));
        extend(
            certificate,
            signer,
            NID_basic_constraints,
            issuer == nullptr ? "critical,CA:TRUE" : "CA:FALSE");
        if (issuer != nullptr) {
            extend(certificate, signer, NID_subject_alt_name, "DNS:server.test,IP:127.0.0.1");
        }
        X509_sign(certificate, issuer_key, EVP_sha256());
        return made;
    }

    static void extend(X509* certificate, X509* signer, int kind, const char* value) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, signer, certificate, nullptr, nullptr, 0);
        X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
        X509_add_ext(certificate, extension, -1);
        X509_EXTENSION_free(extension);
    }

    template <class Writer>
    static void write(const std::filesystem::path& path, Writer writer) {
        const std::unique_ptr<BIO, Free> out{BIO_new_file(path.c_str(), "w")};
        writer(out.get());
    }

    std::filesystem::path folder_;
};

}  // namespace pulse::net
